/* The board: what it is doing, what it has to say, and how it answers. */
#ifndef FS_BOARD_H
#define FS_BOARD_H

#include <stdint.h>

#include "plan.h"
#include "receiver.h"
#include "ring.h"

enum fs_boot_cause {
    FS_CAUSE_UNKNOWN = 0,
    FS_CAUSE_POWER = 1,
    FS_CAUSE_RESET_LINE = 2,
    FS_CAUSE_BROWN_OUT = 3,
    FS_CAUSE_WATCHDOG = 4
};

enum fs_state {
    FS_IDLE,
    FS_RUNNING,
    FS_STOPPING /* no more samples, but some are still to be sent */
};

struct fs_board {
    volatile uint8_t state;
    uint8_t run;
    uint8_t waveform;
    uint8_t cause;
    uint16_t sequence;
    uint32_t boot_id;
    struct fs_plan plan;

    uint8_t say; /* FS_SAY_… bits */
    uint8_t stamping;
    uint32_t next_status; /* tick */

    uint8_t known; /* whether last_id and last_code hold the last command */
    uint8_t last_id;
    uint8_t last_code;
    uint8_t mark_result;
    uint32_t mark_index;

    uint8_t dropped_seen;
    uint8_t blink_from;
    uint8_t blinking;
};

enum { FS_SAY_ZERO = 1, FS_SAY_BOOT = 2, FS_SAY_STOPPED = 4 };

extern struct fs_board fs_board;
extern struct fs_ring fs_heard; /* bytes from the host, put there by the receive interrupt */

/* Begin, once, after every reset. */
void fs_board_begin(uint32_t boot_id, enum fs_boot_cause cause);

/* Do what is to be done, and return 1 if there was something. Call it again and again. */
uint8_t fs_board_poll(void);

#endif
