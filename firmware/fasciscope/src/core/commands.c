#include "commands.h"

#include <stddef.h>
#include <string.h>

#include "board.h"
#include "config.h"
#include "hardware.h"
#include "markers.h"
#include "sampler.h"
#include "transmit.h"

enum command { HELLO = 1, CONFIGURE = 2, START = 3, STOP = 4, MARK = 5, SELF_TEST = 6 };

struct fs_receiver fs_receiver;

uint32_t fs_read32(const volatile uint32_t *value)
{
    const uint8_t before = fs_hw_lock();
    const uint32_t read = *value;
    fs_hw_unlock(before);
    return read;
}

static uint8_t *reply_head(uint8_t result)
{
    uint8_t *at = fs_transmit.control + FS_TYPE_AT;
    *at++ = FS_REPLY;
    *at++ = fs_board.last_id;
    *at++ = fs_board.last_code;
    *at++ = result;
    return at;
}

static uint8_t *refuse(enum fs_result reason, uint32_t bound)
{
    return fs_put32(reply_head((uint8_t)reason), bound);
}

static uint8_t *hello(const uint8_t *nonce)
{
    static const char name[] = FS_NAME;
    uint8_t *at = reply_head(FS_OK);

    memcpy(at, nonce, 4);
    at += 4;
    *at++ = FS_PROTOCOL_MAJOR;
    *at++ = FS_PROTOCOL_MINOR;
    *at++ = FS_VERSION_MAJOR;
    *at++ = FS_VERSION_MINOR;
    *at++ = FS_VERSION_PATCH;
    at = fs_put32(at, fs_board.boot_id);
    at = fs_put32(at, FS_TICK_HZ);
    *at++ = 10; /* bits of a conversion */
    at = fs_put32(at, FS_REFERENCE_UV);
    *at++ = FS_CHANNELS_MAX;
    at = fs_put32(at, fs_plan_rate_max_mhz());
    at = fs_put32(at, FS_CONVERSIONS_MAX);
    *at++ = fs_board.state != FS_IDLE;
    *at++ = sizeof name - 1;
    memcpy(at, name, sizeof name - 1);
    fs_board.known = 0;
    return at + sizeof name - 1;
}

static uint8_t *configure(const uint8_t *wish)
{
    const struct fs_plan *plan = &fs_board.plan;
    uint32_t bound = 0;
    enum fs_result result;
    uint8_t *at;

    if (fs_board.state != FS_IDLE) {
        return refuse(FS_BUSY, 0);
    }
    result = fs_plan_make(&fs_board.plan, fs_get32(wish), wish[4], wish[5], &bound);
    if (result != FS_OK) {
        return refuse(result, bound);
    }
    at = fs_put32(reply_head(FS_OK), plan->rate_mhz);
    *at++ = plan->channels;
    *at++ = plan->oversampling;
    at = fs_put16(at, (uint16_t)(512U * plan->oversampling));
    at = fs_put16(at, (uint16_t)(1023U * plan->oversampling));
    at = fs_put32(at, 1024UL * plan->oversampling);
    *at++ = plan->scans_per_block;
    return fs_put32(at, plan->channels > 1
                            ? plan->period * (1000000000 / (FS_CPU_HZ / 1000)) / 1000
                            : 0);
}

static uint8_t *start(uint8_t run)
{
    uint8_t *at;

    if (run == 0) {
        return refuse(FS_BAD_RUN, 0);
    }
    if (fs_board.plan.channels == 0) {
        return refuse(FS_NOT_CONFIGURED, 0);
    }
    if (fs_board.state != FS_IDLE && (fs_board.state == FS_STOPPING || run != fs_board.run)) {
        return refuse(FS_BUSY, 0);
    }
    at = reply_head(FS_OK);
    *at++ = run;
    if (fs_board.state == FS_IDLE) {
        const uint8_t before = fs_hw_lock();
        fs_board.run = run;
        fs_board.sequence = 0;
        fs_board.dropped_seen = 0;
        fs_board.blinking = 0;
        fs_board.stamping = 0;
        fs_markers_begin();
        fs_sampler_begin(&fs_board.plan, fs_board.waveform);
        fs_transmit.ready = 0;
        fs_board.state = FS_RUNNING;
        fs_hw_unlock(before);
        fs_hw_start(&fs_board.plan);
    }
    return at;
}

uint8_t *fs_commands_stopped(void)
{
    uint8_t *at = reply_head(FS_OK);
    *at++ = fs_board.run;
    at = fs_put32(at, fs_read32(&fs_sampler.index));
    return fs_put32(at, fs_read32(&fs_sampler.dropped));
}

static uint8_t *stop(void)
{
    if (fs_board.state == FS_IDLE) {
        return fs_commands_stopped();
    }
    if (fs_board.state == FS_RUNNING) {
        fs_hw_stop();
        fs_board.state = FS_STOPPING;
    }
    fs_board.say |= FS_SAY_STOPPED; /* behind the samples that we still hold */
    return NULL;
}

static uint8_t *mark(uint8_t is_retry)
{
    if (!is_retry) {
        fs_board.mark_result = fs_board.state == FS_RUNNING ? FS_OK : FS_NOT_RUNNING;
        fs_board.mark_index = fs_read32(&fs_sampler.index);
    }
    if (fs_board.mark_result != FS_OK) {
        return refuse(FS_NOT_RUNNING, 0);
    }
    uint8_t *at = reply_head(FS_OK);
    *at++ = fs_board.run;
    return fs_put32(at, fs_board.mark_index);
}

static uint8_t *self_test(uint8_t waveform)
{
    uint8_t *at;

    if (fs_board.state != FS_IDLE) {
        return refuse(FS_BUSY, 0);
    }
    if (waveform > 1) {
        return refuse(FS_BAD_WAVEFORM, 1);
    }
    fs_board.waveform = waveform;
    at = reply_head(FS_OK);
    *at++ = waveform;
    return at;
}

/* `length` counts the type, id and code too. */
static uint8_t *carry_out(const uint8_t *command, uint8_t length)
{
    static const uint8_t body_bytes[] = {0, 4, 6, 1, 0, 0, 1}; /* by code */
    const uint8_t id = command[1];
    const uint8_t code = command[2];
    const uint8_t *body = command + 3;
    const uint8_t is_retry =
        fs_board.known && fs_board.last_id == id && fs_board.last_code == code;

    if (fs_board.say & FS_SAY_STOPPED && !is_retry) {
        fs_board.say &= (uint8_t)~FS_SAY_STOPPED; /* the host has given up on that STOP */
    }
    fs_board.known = 1;
    fs_board.last_id = id;
    fs_board.last_code = code;
    if (code < HELLO || code > SELF_TEST) {
        return refuse(FS_UNKNOWN_COMMAND, 0);
    }
    if (length - 3 < body_bytes[code]) {
        return refuse(FS_BAD_LENGTH, 0);
    }
    switch ((enum command)code) {
    case HELLO:
        return hello(body);
    case CONFIGURE:
        return configure(body);
    case START:
        return start(body[0]);
    case STOP:
        return stop();
    case MARK:
        return mark(is_retry);
    case SELF_TEST:
        break;
    }
    return self_test(body[0]);
}

uint8_t *fs_commands_answer(void)
{
    uint8_t byte;

    while (fs_ring_get(&fs_heard, &byte)) {
        const uint8_t length = fs_receiver_take(&fs_receiver, byte);
        const uint8_t *command = fs_receiver.frame + FS_TYPE_AT;

        if (length == 0 || command[0] != FS_COMMAND) {
            continue;
        }
        if (length < 3) { /* no id or no code */
            fs_receiver.errors++;
            continue;
        }
        uint8_t *end = carry_out(command, length);
        if (end != NULL) {
            return end;
        }
    }
    return NULL;
}
