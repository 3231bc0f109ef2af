/* The portable part of the firmware as a program of this machine, a pretended board under it, driven over
 * standard input: one letter, then its operands, little-endian. Whatever it answers goes to standard
 * output at once. It is built with sanitizers on and stops at the first thing they find. */
#include <stdio.h>
#include <stdlib.h>

#include "board.h"
#include "hardware.h"
#include "markers.h"
#include "sampler.h"
#include "transmit.h"
#include "wire.h"

static uint32_t tick;
static uint32_t cycle; /* moves with the conversions, not with `tick` */
static struct fs_plan started;
static uint8_t is_started;
static uint8_t led;
static uint8_t locked;
static uint8_t stamp_wanted;
static uint32_t stamp_tick;
static uint32_t stamp_index;

uint8_t fs_hw_lock(void)
{
    const uint8_t before = locked;
    locked = 1;
    return before;
}

void fs_hw_unlock(uint8_t before)
{
    locked = before;
}

uint32_t fs_hw_tick(void)
{
    return tick;
}

void fs_hw_start(const struct fs_plan *plan)
{
    started = *plan;
    is_started = 1;
    fs_sampler_begin_at(cycle);
}

void fs_hw_stop(void)
{
    is_started = 0;
    fs_sampler_end_at(cycle);
}

void fs_hw_send(void)
{
    if (!locked || !fs_transmit.busy) {
        abort();
    }
}

void fs_hw_led(uint8_t on)
{
    led = on;
}

void fs_hw_stamp(void)
{
    stamp_wanted = 1;
}

uint8_t fs_hw_stamped(uint32_t *when, uint32_t *index)
{
    *when = stamp_tick;
    *index = stamp_index;
    return !stamp_wanted;
}

static uint32_t number(int bytes)
{
    uint32_t value = 0;
    for (int i = 0; i < bytes; i++) {
        const int byte = getchar();
        if (byte == EOF) {
            exit(0);
        }
        value |= (uint32_t)byte << (8 * i);
    }
    return value;
}

static void answer(uint32_t value, int bytes)
{
    for (int i = 0; i < bytes; i++) {
        putchar((int)(value >> (8 * i) & 0xFF));
    }
}

static uint32_t cycles_now(void)
{
    return cycle;
}

static void take(uint16_t code)
{
    if (!is_started) {
        return;
    }
    cycle += started.period;
    if ((fs_sampler_take(code, cycles_now) & FS_SCAN_COMPLETE) && stamp_wanted) {
        stamp_wanted = 0;
        stamp_tick = tick;
        stamp_index = fs_sampler.index;
    }
}

static void send(uint32_t most)
{
    uint8_t bytes[1 << 16];
    uint32_t n = 0;

    while (n < most && fs_transmit.busy) {
        bytes[n++] = fs_transmit_next();
    }
    answer(n, 2);
    fwrite(bytes, 1, n, stdout);
}

/* Give both directions of the frame exactly the room they say they need, so that a byte too many is seen. */
static void close_frame(uint32_t n)
{
    uint8_t *frame = malloc(n + 4);
    uint8_t *end;

    if (frame == NULL) {
        abort();
    }
    for (uint32_t i = 0; i < n; i++) {
        frame[FS_TYPE_AT + i] = (uint8_t)number(1);
    }
    end = fs_frame_close(frame, frame + FS_TYPE_AT + n);
    answer((uint32_t)(end - frame), 2);
    fwrite(frame, 1, (size_t)(end - frame), stdout);
    free(frame);
}

static void open_frame(uint32_t n)
{
    uint8_t *frame = malloc(n);
    uint8_t length;

    if (frame == NULL && n) {
        abort();
    }
    for (uint32_t i = 0; i < n; i++) {
        frame[i] = (uint8_t)number(1);
    }
    length = fs_frame_open(frame, (uint8_t)n);
    answer(length, 2);
    fwrite(frame + FS_TYPE_AT, 1, length, stdout);
    free(frame);
}

int main(void)
{
    for (;;) {
        const int letter = getchar();
        switch (letter) {
        case EOF:
            return 0;
        case 'r': { /* reset */
            const uint32_t id = number(4);
            fs_board_begin(id, (enum fs_boot_cause)number(1));
            break;
        }
        case 'h': /* hear a byte */
            fs_ring_put(&fs_heard, (uint8_t)number(1));
            break;
        case 'p': /* poll so many times */
            for (uint32_t n = number(2); n; n--) {
                fs_board_poll();
            }
            break;
        case 't': /* transmit at most so many bytes */
            send(number(2));
            break;
        case 'c': /* convert so many codes */
            for (uint32_t n = number(4); n; n--) {
                take((uint16_t)number(2));
            }
            break;
        case 'm': /* so many conversions are missed */
            cycle += number(2) * started.period;
            break;
        case 'w': /* a late interrupt: so many cycles go by */
            cycle += number(4);
            break;
        case 'k': /* let ticks go by */
            tick += number(4);
            break;
        case 'b': { /* the button's level, so many times */
            const uint8_t down = (uint8_t)number(1);
            for (uint32_t n = number(2); n; n--) {
                fs_markers_sample(down, fs_sampler.index, fs_board.state == FS_RUNNING);
            }
            break;
        }
        case 's': /* state */
            answer(is_started, 1);
            answer(started.period, 4);
            answer(led, 1);
            break;
        case 'f':
            close_frame(number(1));
            break;
        case 'o':
            open_frame(number(1));
            break;
        default:
            abort();
        }
        fflush(stdout);
    }
}
