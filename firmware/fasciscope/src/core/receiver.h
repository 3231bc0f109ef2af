/* Bytes from the host to whole commands; whatever comes, it finds the next one behind the next 0x00. */
#ifndef FS_RECEIVER_H
#define FS_RECEIVER_H

#include <stdint.h>

#include "wire.h"

struct fs_receiver {
    uint8_t n; /* bytes so far; one more than fit: the frame is too long */
    uint8_t frame[FS_COMMAND_WIRE_MAX - 1];
    uint16_t errors; /* frames dropped since boot */
};

/* Take one byte. Returns the length of type and body if it ended a frame that is whole (they begin at
 * frame[FS_TYPE_AT]), else 0. */
uint8_t fs_receiver_take(struct fs_receiver *receiver, uint8_t byte);

#endif
