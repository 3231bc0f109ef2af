/* The whole firmware in two calls, for main.c and for the sketch. */
#ifndef FASCISCOPE_AVR_H
#define FASCISCOPE_AVR_H

#include <stdint.h>

#include "../core/config.h"

#ifdef __cplusplus
extern "C" {
#endif

void fs_avr_begin(void);
void fs_avr_poll(void); /* again and again; sleeps until the next interrupt if there is nothing to do */

#if FS_NATIVE_USB
uint8_t fs_avr_has_byte(void);
uint8_t fs_avr_next_byte(void); /* only after fs_avr_has_byte said 1 */
void fs_avr_heard(uint8_t byte);
#endif

#ifdef __cplusplus
}
#endif

#endif
