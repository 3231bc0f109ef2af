/* Whose bytes go out next: a block of samples or a control frame. Only whole frames change places, and
 * a control frame waits while blocks queue up, so that no command ever costs a sample. It does not wait for
 * ever: a line that is too slow for good must not keep the host from saying stop. */
#ifndef FS_TRANSMIT_H
#define FS_TRANSMIT_H

#include <stdint.h>

#include "sampler.h"

enum { FS_CONTROL_SIZE = 80, FS_CONTROL_PATIENCE = 32 };

struct fs_transmit {
    const uint8_t *at;
    volatile uint8_t busy;
    uint8_t from_block;
    uint8_t passed; /* blocks that went before a waiting control frame */
    volatile uint8_t ready;         /* blocks from `sent` up to here are closed frames */
    volatile uint8_t control_ready; /* `control` holds a closed frame */
    uint8_t control[FS_CONTROL_SIZE];
};

extern struct fs_transmit fs_transmit;

/* Choose the next frame. Interrupts must be out. */
static inline void fs_transmit_choose(void)
{
    const uint8_t sent = fs_sampler.sent;
    const uint8_t waiting = (uint8_t)((uint8_t)(fs_sampler.filling - sent) % FS_BLOCKS);
    const uint8_t block_ready = fs_transmit.ready != sent;

    fs_transmit.busy = 1;
    if (fs_transmit.control_ready
        && (!block_ready || waiting <= 1 || fs_transmit.passed == FS_CONTROL_PATIENCE)) {
        fs_transmit.from_block = 0;
        fs_transmit.passed = 0;
        fs_transmit.at = fs_transmit.control;
    } else if (block_ready) {
        fs_transmit.from_block = 1;
        fs_transmit.passed = fs_transmit.control_ready ? (uint8_t)(fs_transmit.passed + 1) : 0;
        fs_transmit.at = fs_blocks[sent];
    } else {
        fs_transmit.busy = 0;
    }
}

/* The next byte for the line; only while `busy`. A frame ends with its only 0x00. */
static inline uint8_t fs_transmit_next(void)
{
    const uint8_t byte = *fs_transmit.at++;

    if (byte == 0) {
        if (fs_transmit.from_block) {
            fs_sampler.sent = fs_block_after(fs_sampler.sent);
        } else {
            fs_transmit.control_ready = 0;
        }
        fs_transmit_choose();
    }
    return byte;
}

#endif
