/* Registers and interrupts: the timer triggers the converter by itself, so that no program, however late,
 * moves the instant of a sample. */
#include "fasciscope_avr.h"

#include <avr/eeprom.h>
#include <avr/interrupt.h>
#include <avr/sleep.h>

#include "../core/board.h"
#include "../core/hardware.h"
#include "../core/markers.h"
#include "../core/sampler.h"
#include "../core/transmit.h"
#include "chip.h"

enum {
    ADC_CLOCK = FS_ADC_SHIFT, /* the prescaler's bits are its power of two */
    ADC_REFERENCE = _BV(REFS0) /* AVCC */
};

/* From the trigger to the interrupt that chooses the next channel: the converter wants at least one of its
 * clocks between. */
#define CHOOSE_CYCLES (3U << FS_ADC_SHIFT)

static volatile uint32_t tick_overflows;
static volatile uint8_t next_channel; /* of the conversion that will be triggered next */
static volatile uint8_t stamp_wanted;
static uint32_t stamp_tick;
static uint32_t stamp_index;

/* The watchdog changes its mind only within four cycles of being told to. */
static inline void set_watchdog(uint8_t mode)
{
    __asm__ __volatile__("wdr");
    WDTCSR = _BV(WDCE) | _BV(WDE);
    WDTCSR = mode;
}

uint8_t fs_hw_lock(void)
{
    const uint8_t before = SREG;
    cli();
    return before;
}

void fs_hw_unlock(uint8_t before)
{
    SREG = before;
}

/* Interrupts must be out. */
static inline uint32_t tick_now(void)
{
    const uint8_t count = (uint8_t)FS_TICK_COUNT;
    uint32_t overflows = tick_overflows;
    if (FS_TICK_PENDING && count < 128) {
        overflows++; /* it has wrapped, and its interrupt has not come yet */
    }
    return overflows << 8 | count;
}

static inline uint32_t cycles_now(void)
{
    return tick_now() << FS_TICK_SHIFT;
}

uint32_t fs_hw_tick(void)
{
    const uint8_t before = fs_hw_lock();
    const uint32_t tick = tick_now();
    fs_hw_unlock(before);
    return tick;
}

ISR(FS_TICK_VECTOR)
{
    tick_overflows++;
    fs_markers_sample(!(FS_BUTTON_PIN & _BV(FS_BUTTON_BIT)), fs_sampler.index,
                      fs_board.state == FS_RUNNING);
}

void fs_hw_start(const struct fs_plan *plan)
{
    uint8_t before;

    stamp_wanted = 0;
    ADCSRB = _BV(ADTS2) | _BV(ADTS0); /* Timer1 compare match B */
    ADMUX = (uint8_t)(ADC_REFERENCE | FS_ADC_INPUT(fs_sampler.channel)); /* the first: 0 */
    /* the first conversion after switching on takes 25 clocks instead of 13; get it over with */
    ADCSRA = _BV(ADEN) | _BV(ADSC) | ADC_CLOCK;
    while (ADCSRA & _BV(ADSC)) {
    }
    next_channel = 0;
    TCCR1A = 0;
    OCR1A = (uint16_t)(plan->period - 1);
    OCR1B = (uint16_t)(plan->period - 1 - CHOOSE_CYCLES);
    TCNT1 = 0;
    TIFR1 = _BV(OCF1B) | _BV(OCF1A);
    TIMSK1 = _BV(OCIE1A);
    ADCSRA = _BV(ADEN) | _BV(ADATE) | _BV(ADIF) | _BV(ADIE) | ADC_CLOCK;
    before = fs_hw_lock();
    TCCR1B = _BV(WGM12) | _BV(CS10); /* count CPU cycles, from 0 to OCR1A */
    fs_sampler_begin_at(cycles_now() + FS_CONVERSION_CYCLES - CHOOSE_CYCLES);
    fs_hw_unlock(before);
}

void fs_hw_stop(void)
{
    const uint8_t before = fs_hw_lock();
    uint32_t last_trigger;
    uint16_t count;

    do { /* not just at a trigger: it must be clear whether that one has been or not */
        count = TCNT1;
    } while ((uint16_t)(count - OCR1B + 16) < 32);
    TCCR1B = 0;
    last_trigger = cycles_now() - count;
    fs_hw_unlock(before);
    while (ADCSRA & (_BV(ADSC) | _BV(ADIF))) { /* the last result is still to come, or to be taken */
    }
    TIMSK1 = 0;
    ADCSRA = 0;
    last_trigger += count >= OCR1B ? OCR1B : OCR1B - (uint32_t)OCR1A - 1; /* in this period or before */
    fs_sampler_end_at(last_trigger + FS_CONVERSION_CYCLES);
}

/* A conversion has begun. Choose the channel of the next one, and take down the flag whose *rising edge*
 * will trigger it. Both happen here and nowhere else: if this came too late for the next trigger, the flag
 * would still be up and there would be none, rather than one on the wrong channel. It has all the time
 * until then, some 1,600 cycles; and its vector goes before all others of ours but the tick's. */
ISR(TIMER1_COMPA_vect)
{
    const uint8_t channel = fs_sampler_channel_after(next_channel);

    ADMUX = (uint8_t)(ADC_REFERENCE | FS_ADC_INPUT(channel));
    TIFR1 = _BV(OCF1B);
    next_channel = channel;
}

/* Conversions were missed, and the sampler has moved on: move on with it. What is being converted just now
 * may be of another channel, but its block is dropped. */
static inline void follow_sampler(void)
{
    uint8_t channel = fs_sampler.channel;

    if ((ADCSRA & _BV(ADSC)) && !(TIFR1 & _BV(OCF1B))) {
        channel = fs_sampler_channel_after(channel); /* that one has begun and been seen to */
    }
    next_channel = channel;
    ADMUX = (uint8_t)(ADC_REFERENCE | FS_ADC_INPUT(channel));
}

/* A conversion is done. Its result stays until the next is done. */
ISR(ADC_vect)
{
    const uint8_t what = fs_sampler_take(ADC, cycles_now);

    if (what & FS_MISSED) {
        follow_sampler();
    }
    if ((what & FS_SCAN_COMPLETE) && stamp_wanted) {
        stamp_tick = tick_now();
        stamp_index = fs_sampler.index;
        stamp_wanted = 0;
    }
}

void fs_hw_stamp(void)
{
    stamp_wanted = 1;
}

uint8_t fs_hw_stamped(uint32_t *tick, uint32_t *index)
{
    if (stamp_wanted) {
        return 0;
    }
    *tick = stamp_tick; /* the interrupt no longer writes them */
    *index = stamp_index;
    return 1;
}

void fs_hw_led(uint8_t on)
{
    if (on) {
        FS_LED_PORT |= _BV(FS_LED_BIT);
    } else {
        FS_LED_PORT &= (uint8_t)~_BV(FS_LED_BIT);
    }
}

#if FS_NATIVE_USB

void fs_hw_send(void)
{
}

uint8_t fs_avr_has_byte(void)
{
    return fs_transmit.busy;
}

uint8_t fs_avr_next_byte(void)
{
    const uint8_t before = fs_hw_lock();
    const uint8_t byte = fs_transmit_next();
    fs_hw_unlock(before);
    return byte;
}

void fs_avr_heard(uint8_t byte)
{
    fs_ring_put(&fs_heard, byte);
}

static void begin_line(void)
{
}

#else

ISR(USART_RX_vect)
{
    fs_ring_put(&fs_heard, FS_UDR);
}

ISR(USART_UDRE_vect)
{
    FS_UDR = fs_transmit_next();
    if (!fs_transmit.busy) {
        FS_UCSRB = _BV(RXEN0) | _BV(TXEN0) | _BV(RXCIE0);
    }
}

void fs_hw_send(void)
{
    FS_UCSRB = _BV(RXEN0) | _BV(TXEN0) | _BV(RXCIE0) | _BV(UDRIE0);
}

static void begin_line(void)
{
    FS_UCSRA = _BV(U2X0); /* before the divider, which means something else without it */
    FS_UBRR_REGISTER = FS_UBRR;
    FS_UCSRC = _BV(UCSZ01) | _BV(UCSZ00); /* 8 bits, no parity, 1 stop bit */
    FS_UCSRB = _BV(RXEN0) | _BV(TXEN0) | _BV(RXCIE0);
}

#endif

static uint32_t next_boot_id(void)
{
    uint32_t *const place = (uint32_t *)0; /* of the EEPROM */
    uint32_t id = eeprom_read_dword(place);
    id = id == UINT32_MAX ? 1 : id + 1; /* all ones: never written */
    eeprom_update_dword(place, id);
    return id;
}

static enum fs_boot_cause boot_cause(uint8_t reset_flags)
{
    if (reset_flags & _BV(WDRF)) {
        return FS_CAUSE_WATCHDOG;
    }
    if (reset_flags & _BV(PORF)) { /* power coming on sets BORF too, so it is asked first */
        return FS_CAUSE_POWER;
    }
    if (reset_flags & _BV(BORF)) {
        return FS_CAUSE_BROWN_OUT;
    }
    return (reset_flags & _BV(EXTRF)) ? FS_CAUSE_RESET_LINE : FS_CAUSE_UNKNOWN;
}

static void begin_tick(void)
{
#if defined(__AVR_ATmega32U4__)
    TCCR3A = 0;
    OCR3A = 255;
    TCCR3B = _BV(WGM32) | _BV(CS31) | _BV(CS30); /* CPU clock / 64, from 0 to 255 */
    TIMSK3 = _BV(OCIE3A);
#else
    TCCR2A = 0;
    TCCR2B = _BV(CS22); /* CPU clock / 64 */
    TIMSK2 = _BV(TOIE2);
#endif
}

void fs_avr_begin(void)
{
    const uint8_t reset_flags = MCUSR;

    cli();
    MCUSR = 0;
    set_watchdog(0); /* after it has bitten it goes on, at its shortest */
#if !FS_NATIVE_USB
    TIMSK0 = 0; /* Arduino's millis(), if it is there: nobody needs it */
#endif
    DIDR0 = 0x3F; /* no digital inputs on A0 to A5 */
#if defined(__AVR_ATmega32U4__)
    DIDR0 = 0xF3;
#elif defined(__AVR_ATmega2560__)
    DIDR0 = 0xFF;
#endif
    FS_LED_DDR |= _BV(FS_LED_BIT);
    FS_BUTTON_PORT |= _BV(FS_BUTTON_BIT); /* pulled up */
    begin_tick();
    begin_line();
    fs_board_begin(next_boot_id(), boot_cause(reset_flags));
#if FS_WATCHDOG
    set_watchdog(_BV(WDE) | _BV(WDP2) | _BV(WDP0)); /* half a second */
#endif
    set_sleep_mode(SLEEP_MODE_IDLE);
    sei();
}

void fs_avr_poll(void)
{
#if FS_WATCHDOG
    __asm__ __volatile__("wdr");
#endif
    if (!fs_board_poll()) {
#if !FS_NATIVE_USB
        sleep_mode(); /* a tick ends it after a millisecond at most */
#endif
    }
}
