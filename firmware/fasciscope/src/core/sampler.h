/* Conversions to scans, scans to blocks. The converter's interrupt calls fs_sampler_take; the main
 * program sends what lies between `sent` and `filling`. All inline, and the interrupt calls nothing that is
 * not: a call would make it save every register.
 *
 * A block is the frame that will carry it: samples are written where they will stand on the wire. If
 * no other block is free when one is full, its samples are dropped, all of them, and the index
 * marches on. */
#ifndef FS_SAMPLER_H
#define FS_SAMPLER_H

#include <stdint.h>

#include "config.h"
#include "plan.h"
#include "wire.h"

enum {
    FS_DATA_RUN_AT = FS_BODY_AT,
    FS_DATA_SEQUENCE_AT = FS_BODY_AT + 1,
    FS_DATA_INDEX_AT = FS_BODY_AT + 3,
    FS_DATA_SCANS_AT = FS_BODY_AT + 7,
    FS_DATA_SAMPLES_AT = FS_BODY_AT + 8
};

enum { FS_SCAN_COMPLETE = 1, FS_MISSED = 2 };

struct fs_sampler {
    uint8_t channels;
    uint8_t oversampling;
    uint8_t scans_per_block;
    uint8_t ramp_wanted; /* the self-test's waveform instead of the sensor */
    uint16_t top;        /* largest value of a sample */

    uint8_t channel; /* of the next conversion */
    uint8_t turn;    /* how often the channels have been round in this scan */
    uint8_t scans;   /* in the block that is being filled */
    uint8_t spoilt;  /* that block is not what it should be, and will be dropped */
    uint16_t ramp;
    uint8_t *at;
    uint32_t period;       /* CPU cycles from one conversion to the next */
    uint32_t block_cycles; /* and from one full block to the next */
    uint32_t due;          /* cycle at which the block is full, if nothing is missed */

    volatile uint32_t index; /* scans that are complete, dropped ones too */
    volatile uint32_t dropped;
    volatile uint8_t filling;
    volatile uint8_t sent;
    volatile uint8_t waiting_most; /* most blocks that waited when another was full */
    uint16_t sums[FS_CHANNELS_MAX];
};

extern struct fs_sampler fs_sampler;
extern uint8_t fs_blocks[FS_BLOCKS][FS_WIRE_MAX];

/* Begin a run: index 0, nothing held. Not while conversions come. */
void fs_sampler_begin(const struct fs_plan *plan, uint8_t ramp_wanted);

/* Say at which cycle the first conversion was complete, were there one before the first. */
void fs_sampler_begin_at(uint32_t cycle);

/* Say at which cycle the last conversion of the run was complete: the block that is partly filled must have as
 * many as fit up to there, else it is dropped. */
void fs_sampler_end_at(uint32_t cycle);

/* After that: queue the block that is partly filled. Returns 0 if there is no
 * room yet; call it again when a block has been sent. */
uint8_t fs_sampler_flush(void);

static inline uint8_t fs_block_after(uint8_t block)
{
    return (uint8_t)((block + 1) % FS_BLOCKS);
}

static inline void fs_sampler_next_block(void)
{
    uint8_t *block = fs_blocks[fs_sampler.filling];
    fs_put32(block + FS_DATA_INDEX_AT, fs_sampler.index);
    fs_sampler.at = block + FS_DATA_SAMPLES_AT;
    fs_sampler.scans = 0;
    fs_sampler.spoilt = 0;
}

static inline void fs_sampler_end_block(void)
{
    const uint8_t filling = fs_sampler.filling;
    const uint8_t waiting = (uint8_t)((uint8_t)(filling - fs_sampler.sent) % FS_BLOCKS);

    if (waiting > fs_sampler.waiting_most) {
        fs_sampler.waiting_most = waiting;
    }
    if (fs_sampler.spoilt || waiting == FS_BLOCKS - 1) {
        fs_sampler.dropped += fs_sampler.scans;
    } else {
        fs_blocks[filling][FS_DATA_SCANS_AT] = fs_sampler.scans;
        fs_sampler.filling = fs_block_after(filling);
    }
    fs_sampler_next_block();
}

static inline void fs_sampler_end_scan(void)
{
    uint8_t *at = fs_sampler.at;
    uint8_t c;

    if (fs_sampler.ramp_wanted) {
        uint16_t value = fs_sampler.ramp;
        for (c = 0; c < fs_sampler.channels; c++) {
            at = fs_put16(at, value);
            /* value + 64, modulo top + 1, without leaving 16 bits */
            value = value > fs_sampler.top - 64 ? (uint16_t)(value - (fs_sampler.top - 63))
                                                : (uint16_t)(value + 64);
        }
        fs_sampler.ramp = fs_sampler.ramp == fs_sampler.top ? 0 : (uint16_t)(fs_sampler.ramp + 1);
    } else {
        for (c = 0; c < fs_sampler.channels; c++) {
            at = fs_put16(at, fs_sampler.sums[c]);
            fs_sampler.sums[c] = 0;
        }
    }
    fs_sampler.at = at;
    fs_sampler.index++;
    fs_sampler.scans++;
}

static inline uint8_t fs_sampler_channel_after(uint8_t channel)
{
    const uint8_t next = (uint8_t)(channel + 1);
    return next == fs_sampler.channels ? 0 : next;
}

/* Sum up one conversion, of channel `fs_sampler.channel`. Returns FS_SCAN_COMPLETE or 0. */
static inline uint8_t fs_sampler_sum(uint16_t code)
{
    uint8_t channel = fs_sampler.channel;

    fs_sampler.sums[channel] = (uint16_t)(fs_sampler.sums[channel] + code);
    if (++channel != fs_sampler.channels) {
        fs_sampler.channel = channel;
        return 0;
    }
    fs_sampler.channel = 0;
    if (++fs_sampler.turn != fs_sampler.oversampling) {
        return 0;
    }
    fs_sampler.turn = 0;
    fs_sampler_end_scan();
    return FS_SCAN_COMPLETE;
}

/* How many conversions have been missed, now that the block is full. The clock's steps and the interrupt's
 * delay are less than a period; so each whole period is one. */
static inline uint16_t fs_sampler_missed(uint32_t now)
{
    uint32_t late = now + (1U << FS_TICK_SHIFT) - fs_sampler.due;
    uint16_t missed = 0;

    while (late >= fs_sampler.period && late < UINT32_MAX / 2) {
        late -= fs_sampler.period;
        missed++;
    }
    return missed;
}

/* Take the result of one conversion. Returns FS_SCAN_COMPLETE, FS_MISSED, both or 0. `cycles_now` reads the clock; each
 * time that a block is full, its length is held against it. If conversions were missed (interrupts were
 * kept out for too long), the block is dropped and the index moves on to where it should be. The next
 * block begins without them, and is dropped too. The clock survives a millisecond without interrupts, no
 * more; this firmware keeps them out for some microseconds. */
static inline __attribute__((always_inline)) uint8_t fs_sampler_take(uint16_t code,
                                                                     uint32_t (*cycles_now)(void))
{
    uint16_t missed = 0;
    uint8_t what = 0;

    for (;;) {
        what |= fs_sampler_sum(code);
        if (fs_sampler.scans == fs_sampler.scans_per_block) {
            if (missed == 0) {
                missed = fs_sampler_missed(cycles_now());
                if (missed) {
                    fs_sampler.spoilt = 1;
                    what |= FS_MISSED;
                }
            }
            fs_sampler.due += fs_sampler.block_cycles;
            fs_sampler_end_block();
        }
        if (missed == 0) {
            return what;
        }
        missed--;
        fs_sampler.spoilt = 1;
        code = 0;
    }
}

#endif
