#include "plan.h"

#include "config.h"
#include "wire.h"

enum {
    SAMPLE_BYTES_MAX = FS_PAYLOAD_MAX - 12, /* less type, header and CRC, and even */
    FRAME_EXTRA = 13                        /* bytes on the wire besides the samples */
};

/* 1000 * F_CPU / divisor, to the nearest; in two steps, since 1000 * F_CPU does not fit 32 bits.
 * The divisor must be below 2^29. `rest` is the absolute rest of the division. */
static uint32_t thousand_clocks_by(uint32_t divisor, uint32_t *rest)
{
    const uint32_t eighth = 125 * FS_CPU_HZ;
    uint32_t quotient = eighth / divisor * 8;
    uint32_t left = eighth % divisor * 8;

    quotient += left / divisor;
    left %= divisor;
    if (left > divisor / 2) {
        quotient++;
        left = divisor - left;
    }
    *rest = left;
    return quotient;
}

static uint32_t bytes_per_s(uint32_t rate_hz, uint8_t channels, uint8_t scans_per_block)
{
    return rate_hz * 2 * channels + (rate_hz * FRAME_EXTRA + scans_per_block - 1) / scans_per_block;
}

static uint8_t scans_per_block(uint32_t rate_mhz, uint8_t channels)
{
    const uint8_t most = (uint8_t)(SAMPLE_BYTES_MAX / 2 / channels);
    const uint32_t wanted = (rate_mhz + FS_FRAMES_PER_S_MHZ / 2) / FS_FRAMES_PER_S_MHZ;
    return wanted > most ? most : (uint8_t)wanted;
}

uint32_t fs_plan_rate_max_mhz(void)
{
    /* a hertz less, since bytes_per_s is asked in whole ones */
    const uint32_t line =
        (FS_DATA_BYTES_MAX * (SAMPLE_BYTES_MAX / 2) / (SAMPLE_BYTES_MAX + FRAME_EXTRA) - 1) * 1000;
    uint32_t rest;

    if (line >= FS_RATE_CEILING_MHZ) {
        return FS_RATE_CEILING_MHZ;
    }
    return thousand_clocks_by(thousand_clocks_by(line, &rest) + 1, &rest); /* one that can be made */
}

static uint8_t most_oversampling(uint32_t scans_mhz)
{
    uint8_t n = FS_OVERSAMPLING_AUTO;
    while (n > 1 && scans_mhz > 1000 * FS_CONVERSIONS_MAX / n) {
        n /= 2;
    }
    return n;
}

enum fs_result fs_plan_make(struct fs_plan *plan, uint32_t rate_mhz, uint8_t channels,
                            uint8_t oversampling, uint32_t *bound)
{
    struct fs_plan made;
    uint32_t rest;
    uint32_t per_scan;

    rate_mhz = rate_mhz ? rate_mhz : FS_RATE_DEFAULT_MHZ;
    channels = channels ? channels : 1;
    if (rate_mhz < FS_RATE_MIN_MHZ || rate_mhz > FS_RATE_CEILING_MHZ) {
        *bound = rate_mhz < FS_RATE_MIN_MHZ ? FS_RATE_MIN_MHZ : fs_plan_rate_max_mhz();
        return FS_BAD_RATE;
    }
    if (channels > FS_CHANNELS_MAX) {
        *bound = FS_CHANNELS_MAX;
        return FS_BAD_CHANNELS;
    }
    if (oversampling > FS_OVERSAMPLING_MAX) {
        *bound = FS_OVERSAMPLING_MAX;
        return FS_BAD_OVERSAMPLING;
    }
    oversampling = oversampling ? oversampling : most_oversampling(rate_mhz * channels);
    per_scan = (uint32_t)channels * oversampling;
    if (rate_mhz > 1000 * FS_CONVERSIONS_MAX / per_scan) {
        *bound = FS_CONVERSIONS_MAX;
        return FS_CONVERTER_TOO_SLOW;
    }
    made.period = thousand_clocks_by(rate_mhz * per_scan, &rest);
    made.rate_mhz = thousand_clocks_by(made.period * per_scan, bound);
    *bound = made.rate_mhz;
    if (rest > FS_CPU_HZ / 2) { /* 500 ppm of 1000 * F_CPU */
        return FS_BAD_RATE;
    }
    made.channels = channels;
    made.oversampling = oversampling;
    made.scans_per_block = scans_per_block(made.rate_mhz, channels);
    if (bytes_per_s((made.rate_mhz + 999) / 1000, channels, made.scans_per_block)
        > FS_DATA_BYTES_MAX) {
        *bound = FS_DATA_BYTES_MAX;
        return FS_LINE_TOO_SLOW;
    }
    *plan = made;
    return FS_OK;
}
