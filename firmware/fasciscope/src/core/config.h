/* What is fixed when the firmware is built. Everything can be set from the command line (-DFS_...);
 * a platform sets the converter's facts. No header of any processor is needed here. */
#ifndef FS_CONFIG_H
#define FS_CONFIG_H

#include <stdint.h>

#define FS_PROTOCOL_MAJOR 1
#define FS_PROTOCOL_MINOR 0
#define FS_VERSION_MAJOR 1
#define FS_VERSION_MINOR 0
#define FS_VERSION_PATCH 0

#ifndef F_CPU
#define F_CPU 16000000UL
#endif

#define FS_CPU_HZ ((uint32_t)(F_CPU))

#ifndef FS_BAUD
#define FS_BAUD 500000
#endif

#if defined(__AVR_ATmega2560__)
#define FS_CHIP_NAME "Mega (ATmega2560)"
#define FS_CHIP_CHANNELS 8
#define FS_CHIP_BLOCKS 8
#elif defined(__AVR_ATmega32U4__)
#define FS_CHIP_NAME "Leonardo or Micro (ATmega32U4)"
#define FS_CHIP_CHANNELS 6
#define FS_CHIP_BLOCKS 4
#else
#define FS_CHIP_NAME "Uno or Nano (ATmega328P)"
#define FS_CHIP_CHANNELS 6
#define FS_CHIP_BLOCKS 4
#endif

/* Under the Arduino core a Leonardo talks through its own USB; without it, through its UART. */
#if defined(__AVR_ATmega32U4__) && defined(ARDUINO)
#define FS_NATIVE_USB 1
#define FS_LINE_BYTES ((uint32_t)60000) /* a cautious tenth of what full-speed USB carries */
#else
#define FS_NATIVE_USB 0
#endif

/* What the board calls itself; at most 32 bytes. */
#ifndef FS_NAME
#define FS_NAME FS_CHIP_NAME
#endif

/* AVCC, which is the USB supply on these boards. */
#ifndef FS_REFERENCE_UV
#define FS_REFERENCE_UV 5000000
#endif

#ifndef FS_CHANNELS_MAX
#define FS_CHANNELS_MAX FS_CHIP_CHANNELS
#endif

/* The ADC's own clock is F_CPU / 2^FS_ADC_SHIFT; 7 gives 125 kHz at 16 MHz. Its full 10 bits need
 * 200 kHz or less, so anything below 7 is for measuring the line, not for people's muscles. */
#ifndef FS_ADC_SHIFT
#define FS_ADC_SHIFT 7
#endif

/* An auto-triggered conversion takes 13.5 ADC clocks. */
#define FS_CONVERSION_CYCLES (((uint32_t)27 << FS_ADC_SHIFT) / 2)

/* Time from the end of a conversion to the next trigger. At 16 MHz the shortest period is thus 2000
 * cycles: 8,000 conversions a second. */
#ifndef FS_SETTLE_CYCLES
#define FS_SETTLE_CYCLES 272
#endif
#define FS_PERIOD_MIN (FS_CONVERSION_CYCLES + FS_SETTLE_CYCLES)
#define FS_CONVERSIONS_MAX (FS_CPU_HZ / FS_PERIOD_MIN)

/* Scan rates, in thousandths of a hertz. */
#define FS_RATE_MIN_MHZ ((uint32_t)250000)
#define FS_RATE_DEFAULT_MHZ ((uint32_t)2000000)
#define FS_RATE_CEILING_MHZ (1000 * FS_CONVERSIONS_MAX)

#define FS_OVERSAMPLING_MAX 64 /* 64 * 1023 still fits 16 bits, and its half an int16 */
#define FS_OVERSAMPLING_AUTO 16

/* UART with its speed doubled: the divider next to the wanted speed, and the speed it makes. */
#define FS_UBRR ((FS_CPU_HZ + (uint32_t)4 * FS_BAUD) / ((uint32_t)8 * FS_BAUD) - 1)
#ifndef FS_LINE_BYTES /* a second */
#define FS_LINE_BYTES (FS_CPU_HZ / 80 / (FS_UBRR + 1))
#endif
/* Kept free for a status, markers and replies, and 1 % for the moments between two frames. */
#define FS_LINE_RESERVE 100
#define FS_DATA_BYTES_MAX (FS_LINE_BYTES - FS_LINE_BYTES / 100 - FS_LINE_RESERVE)

/* The board clock that goes into status frames. */
#define FS_TICK_SHIFT 6
#define FS_TICK_HZ (FS_CPU_HZ >> FS_TICK_SHIFT)

/* Restart a board whose program hangs for half a second. Set it to 0 for a Nano with the old boot loader,
 * which does not survive a watchdog reset. */
#ifndef FS_WATCHDOG
#define FS_WATCHDOG 1
#endif

/* Blocks of samples: one is being filled, the others wait or are being sent. A power of two. */
#ifndef FS_BLOCKS
#define FS_BLOCKS FS_CHIP_BLOCKS
#endif
#define FS_FRAMES_PER_S_MHZ ((uint32_t)31250) /* aim at so many full blocks a second */

#endif
