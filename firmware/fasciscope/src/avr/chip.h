/* Where the parts of each chip are. Digital pin 2 is the button, the board's own LED the light. */
#ifndef FS_CHIP_H
#define FS_CHIP_H

#include <avr/io.h>

#if defined(__AVR_ATmega328P__) || defined(__AVR_ATmega2560__)

#define FS_UDR UDR0
#define FS_UBRR_REGISTER UBRR0
#define FS_UCSRA UCSR0A
#define FS_UCSRB UCSR0B
#define FS_UCSRC UCSR0C
#define FS_TICK_VECTOR TIMER2_OVF_vect
#define FS_TICK_COUNT TCNT2
#define FS_TICK_PENDING (TIFR2 & _BV(TOV2))
#define FS_ADC_INPUT(channel) (channel)

#elif defined(__AVR_ATmega32U4__)

#define FS_UDR UDR1
#define FS_UBRR_REGISTER UBRR1
#define FS_UCSRA UCSR1A
#define FS_UCSRB UCSR1B
#define FS_UCSRC UCSR1C
#define RXEN0 RXEN1 /* the same bits by another name */
#define TXEN0 TXEN1
#define RXCIE0 RXCIE1
#define UDRIE0 UDRIE1
#define U2X0 U2X1
#define UCSZ00 UCSZ10
#define UCSZ01 UCSZ11
#define USART_RX_vect USART1_RX_vect
#define USART_UDRE_vect USART1_UDRE_vect
#define FS_TICK_VECTOR TIMER3_COMPA_vect /* there is no Timer2 */
#define FS_TICK_COUNT TCNT3L
#define FS_TICK_PENDING (TIFR3 & _BV(OCF3A))
/* A0 to A5 hang on ADC7 ADC6 ADC5 ADC4 ADC1 ADC0 */
#define FS_ADC_INPUT(channel) ((uint8_t)((channel) < 4 ? 7 - (channel) : 5 - (channel)))

#else
#error "This firmware is for ATmega328P (Uno, Nano), ATmega2560 (Mega) and ATmega32U4 (Leonardo, Micro)."
#endif

#if defined(__AVR_ATmega328P__)

#define FS_BUTTON_PORT PORTD
#define FS_BUTTON_PIN PIND
#define FS_BUTTON_BIT PD2
#define FS_LED_PORT PORTB
#define FS_LED_DDR DDRB
#define FS_LED_BIT PB5

#elif defined(__AVR_ATmega2560__)

#define FS_BUTTON_PORT PORTE
#define FS_BUTTON_PIN PINE
#define FS_BUTTON_BIT PE4
#define FS_LED_PORT PORTB
#define FS_LED_DDR DDRB
#define FS_LED_BIT PB7
#define USART_RX_vect USART0_RX_vect
#define USART_UDRE_vect USART0_UDRE_vect

#else

#define FS_BUTTON_PORT PORTD
#define FS_BUTTON_PIN PIND
#define FS_BUTTON_BIT PD1
#define FS_LED_PORT PORTC
#define FS_LED_DDR DDRC
#define FS_LED_BIT PC7

#endif

#endif
