/* From what the host wants to what the timer and the converter must do, or why they cannot. */
#ifndef FS_PLAN_H
#define FS_PLAN_H

#include <stdint.h>

enum fs_result {
    FS_OK = 0,
    FS_UNKNOWN_COMMAND = 1,
    FS_BAD_LENGTH = 2,
    FS_BAD_RATE = 3,
    FS_BAD_CHANNELS = 4,
    FS_BAD_OVERSAMPLING = 5,
    FS_CONVERTER_TOO_SLOW = 6,
    FS_LINE_TOO_SLOW = 7,
    FS_BUSY = 8,
    FS_NOT_CONFIGURED = 9,
    FS_NOT_RUNNING = 10,
    FS_BAD_WAVEFORM = 11,
    FS_BAD_RUN = 12
};

struct fs_plan {
    uint32_t period; /* CPU cycles from one conversion to the next */
    uint32_t rate_mhz;
    uint8_t channels; /* 0 = there is no plan yet */
    uint8_t oversampling;
    uint8_t scans_per_block;
};

/* Make a plan; a wish of 0 leaves the choice to us. If it cannot be kept, `plan` stays as it was, the
 * reason is returned, and `bound` is the nearest value that would do. */
enum fs_result fs_plan_make(struct fs_plan *plan, uint32_t rate_mhz, uint8_t channels,
                            uint8_t oversampling, uint32_t *bound);

/* Highest rate of one channel that both the converter and the line carry. */
uint32_t fs_plan_rate_max_mhz(void);

#endif
