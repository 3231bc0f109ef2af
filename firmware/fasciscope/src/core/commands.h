/* Commands from the host, and their replies. */
#ifndef FS_COMMANDS_H
#define FS_COMMANDS_H

#include <stdint.h>

#include "receiver.h"

extern struct fs_receiver fs_receiver;

/* Read what the host has sent up to the end of a command, carry it out, and write the reply to the control
 * frame. Returns the place behind the reply, or NULL if there is none to send now. */
uint8_t *fs_commands_answer(void);

/* Write the reply to the STOP that was asked for, once all samples have gone out. */
uint8_t *fs_commands_stopped(void);

/* Read a number that interrupts write. */
uint32_t fs_read32(const volatile uint32_t *value);

#endif
