/* The button: once a millisecond its level comes in, and what was a press comes out with its scan. */
#ifndef FS_MARKERS_H
#define FS_MARKERS_H

#include <stdint.h>

enum {
    FS_MARKERS_KEPT = 8,    /* for saying each twice; a power of two */
    FS_PRESS_SAMPLES = 5,   /* so long it must be down to be no crackle */
    FS_RELEASE_SAMPLES = 20, /* so long it must be up to be released: contacts bounce */
    FS_PAUSE_SAMPLES = 125  /* least time between two presses */
};

struct fs_markers {
    uint8_t down; /* samples that it has been down */
    uint8_t up;   /* samples that it has been up since */
    uint8_t pause;
    uint32_t first_down; /* scan in which it went down */

    volatile uint16_t number; /* presses in this run */
    uint16_t announced;       /* how many of them have been said once, */
    uint16_t repeated;        /* and twice, */
    uint16_t repeat_until;    /* and which may be said again now */
    uint32_t index[FS_MARKERS_KEPT];
};

extern struct fs_markers fs_markers;

/* Count from 1 again; a button that is down just now stays so, and is no press. */
static inline void fs_markers_begin(void)
{
    fs_markers.number = 0;
    fs_markers.announced = 0;
    fs_markers.repeated = 0;
    fs_markers.repeat_until = 0;
}

static inline void fs_markers_sample(uint8_t is_down, uint32_t scan, uint8_t running)
{
    if (fs_markers.pause) {
        fs_markers.pause--;
    }
    if (!is_down) {
        if (fs_markers.up < FS_RELEASE_SAMPLES) {
            fs_markers.up++;
        } else {
            fs_markers.down = 0;
        }
        if (fs_markers.down < FS_PRESS_SAMPLES) {
            fs_markers.down = 0; /* a crackle */
        }
        return;
    }
    fs_markers.up = 0;
    if (fs_markers.down == 0) {
        fs_markers.first_down = scan;
    }
    if (fs_markers.down >= FS_PRESS_SAMPLES) {
        return;
    }
    if (++fs_markers.down == FS_PRESS_SAMPLES && running && !fs_markers.pause) {
        fs_markers.index[fs_markers.number % FS_MARKERS_KEPT] = fs_markers.first_down;
        fs_markers.number++;
        fs_markers.pause = FS_PAUSE_SAMPLES;
    }
}

#endif
