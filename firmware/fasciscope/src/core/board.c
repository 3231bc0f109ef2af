#include "board.h"

#include <stddef.h>

#include "commands.h"
#include "config.h"
#include "hardware.h"
#include "markers.h"
#include "sampler.h"
#include "transmit.h"
#include "wire.h"

struct fs_board fs_board;
struct fs_ring fs_heard;
struct fs_markers fs_markers;
struct fs_transmit fs_transmit;

void fs_board_begin(uint32_t boot_id, enum fs_boot_cause cause)
{
    fs_board.boot_id = boot_id;
    fs_board.cause = (uint8_t)cause;
    fs_board.say = FS_SAY_ZERO | FS_SAY_BOOT;
    fs_board.next_status = fs_hw_tick() + FS_TICK_HZ;
}

static void kick(void)
{
    const uint8_t before = fs_hw_lock();
    if (!fs_transmit.busy) {
        fs_transmit_choose();
    }
    if (fs_transmit.busy) {
        fs_hw_send();
    }
    fs_hw_unlock(before);
}

/* Make a frame of the next full block. Returns 0 if there is none. */
static uint8_t close_block(void)
{
    const uint8_t ready = fs_transmit.ready;
    uint8_t *block = fs_blocks[ready];
    uint8_t samples;

    if (ready == fs_sampler.filling) {
        return 0;
    }
    samples = (uint8_t)(block[FS_DATA_SCANS_AT] * 2 * fs_sampler.channels);
    block[FS_TYPE_AT] = FS_DATA;
    block[FS_DATA_RUN_AT] = fs_board.run;
    fs_put16(block + FS_DATA_SEQUENCE_AT, fs_board.sequence++);
    fs_frame_close(block, block + FS_DATA_SAMPLES_AT + samples);
    fs_transmit.ready = fs_block_after(ready);
    kick();
    return 1;
}

/* -- what there is to say beside the samples; each returns the place behind what it wrote, or NULL -- */

static uint8_t *boot_frame(void)
{
    uint8_t *at = fs_transmit.control + FS_TYPE_AT;
    *at++ = FS_BOOT;
    *at++ = FS_PROTOCOL_MAJOR;
    *at++ = FS_PROTOCOL_MINOR;
    at = fs_put32(at, fs_board.boot_id);
    *at++ = fs_board.cause;
    fs_board.say &= (uint8_t)~FS_SAY_BOOT;
    return at;
}

static uint8_t *marker_frame(uint16_t number)
{
    uint8_t *at = fs_transmit.control + FS_TYPE_AT;
    *at++ = FS_MARKER;
    *at++ = fs_board.run;
    *at++ = 1; /* the button */
    at = fs_put16(at, number);
    return fs_put32(at, fs_read32(&fs_markers.index[(uint16_t)(number - 1) % FS_MARKERS_KEPT]));
}

static uint16_t presses(void)
{
    const uint8_t before = fs_hw_lock();
    const uint16_t number = fs_markers.number;
    fs_hw_unlock(before);
    return number;
}

static uint8_t *next_marker(void)
{
    if (fs_markers.repeated != fs_markers.repeat_until) {
        return marker_frame(++fs_markers.repeated);
    }
    if (fs_markers.announced != presses()) {
        return marker_frame(++fs_markers.announced);
    }
    return NULL;
}

static uint8_t *status_frame(uint32_t tick, uint32_t index)
{
    uint8_t *at = fs_transmit.control + FS_TYPE_AT;
    *at++ = FS_STATUS;
    *at++ = fs_board.run;
    *at++ = fs_board.state != FS_IDLE;
    *at++ = (uint8_t)(255 / (FS_BLOCKS - 1) * fs_sampler.waiting_most);
    at = fs_put32(at, tick);
    at = fs_put32(at, index);
    at = fs_put32(at, fs_read32(&fs_sampler.dropped));
    at = fs_put16(at, fs_receiver.errors);
    at = fs_put16(at, presses());
    at = fs_put16(at, (uint16_t)fs_board.boot_id);
    fs_sampler.waiting_most = 0;
    fs_markers.repeat_until = fs_markers.announced;
    return at;
}

/* From the end of a scan back to its first trigger, in ticks. */
static uint32_t scan_ticks(void)
{
    const struct fs_plan *plan = &fs_board.plan;
    const uint32_t conversions = (uint32_t)plan->channels * plan->oversampling;
    return (plan->period * (conversions - 1) + FS_CONVERSION_CYCLES) >> FS_TICK_SHIFT;
}

static uint8_t *next_status(uint32_t now)
{
    uint32_t tick;
    uint32_t index;

    if (fs_board.stamping && fs_board.state == FS_RUNNING) {
        if (!fs_hw_stamped(&tick, &index)) {
            return NULL;
        }
        fs_board.stamping = 0;
        return status_frame(tick - scan_ticks(), index);
    }
    if ((int32_t)(now - fs_board.next_status) < 0 || fs_board.state == FS_STOPPING) {
        return NULL;
    }
    fs_board.next_status += FS_TICK_HZ;
    if (fs_board.state == FS_RUNNING) {
        fs_board.stamping = 1;
        fs_hw_stamp();
        return NULL;
    }
    return status_frame(now, fs_read32(&fs_sampler.index));
}

/* Whether all samples of a run that was stopped have gone out. */
static uint8_t is_drained(void)
{
    return fs_sampler_flush() && fs_sampler.sent == fs_sampler.filling;
}

static uint8_t *next_control(uint32_t now)
{
    uint8_t *end;

    if (fs_board.say & FS_SAY_BOOT) {
        return boot_frame();
    }
    if (fs_board.state == FS_STOPPING && is_drained()) {
        fs_board.state = FS_IDLE;
        if (fs_board.say & FS_SAY_STOPPED) {
            fs_board.say &= (uint8_t)~FS_SAY_STOPPED;
            return fs_commands_stopped();
        }
    }
    end = next_marker();
    if (end == NULL) {
        end = next_status(now);
    }
    return end != NULL ? end : fs_commands_answer();
}

static uint8_t speak(uint32_t now)
{
    if (fs_transmit.control_ready) {
        return 0;
    }
    if (fs_board.say & FS_SAY_ZERO) {
        fs_transmit.control[0] = 0; /* so that half a frame from before does not stick to the next */
        fs_board.say &= (uint8_t)~FS_SAY_ZERO;
    } else {
        uint8_t *end = next_control(now);
        if (end == NULL) {
            return 0;
        }
        fs_frame_close(fs_transmit.control, end);
    }
    fs_transmit.control_ready = 1;
    kick();
    return 1;
}

/* Idle: a short flash now and then. Running: on. Samples were dropped: quick blinking for 2 s. */
static void show(uint32_t now)
{
    const uint8_t time = (uint8_t)(now >> 12); /* 16 ms a step at 250 kHz */
    uint8_t on;

    if ((uint8_t)fs_sampler.dropped != fs_board.dropped_seen) {
        fs_board.dropped_seen = (uint8_t)fs_sampler.dropped;
        fs_board.blinking = 1;
        fs_board.blink_from = time;
    }
    if ((uint8_t)(time - fs_board.blink_from) > 122) {
        fs_board.blinking = 0;
    }
    if (fs_board.blinking) {
        on = (time & 4) != 0;
    } else {
        on = fs_board.state == FS_RUNNING || (time & 127) < 4;
    }
    fs_hw_led(on);
}

uint8_t fs_board_poll(void)
{
    const uint32_t now = fs_hw_tick();
    const uint8_t closed = close_block();

    show(now);
    return (uint8_t)(speak(now) | closed);
}
