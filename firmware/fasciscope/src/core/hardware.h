/* What the portable part asks of a board. `avr/` answers for real ones, the tests for a pretended one. */
#ifndef FS_HARDWARE_H
#define FS_HARDWARE_H

#include <stdint.h>

#include "plan.h"

/* Keep interrupts out, and let them in again as they were. */
uint8_t fs_hw_lock(void);
void fs_hw_unlock(uint8_t before);

/* The board clock, FS_TICK_HZ. */
uint32_t fs_hw_tick(void);

/* Begin and end conversions. The first calls fs_sampler_begin_at, the last fs_sampler_end_at; results go to
 * fs_sampler_take. */
void fs_hw_start(const struct fs_plan *plan);
void fs_hw_stop(void);

/* See that fs_transmit_next is called for every byte that the line can take, from now on. */
void fs_hw_send(void);

void fs_hw_led(uint8_t on);

/* Have the board clock read when the next scan is complete. When fs_hw_stamped returns 1, `tick` is the
 * clock at that moment and `index` the number of complete scans. */
void fs_hw_stamp(void);
uint8_t fs_hw_stamped(uint32_t *tick, uint32_t *index);

#endif
