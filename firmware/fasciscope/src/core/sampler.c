#include "sampler.h"

#include <string.h>

struct fs_sampler fs_sampler;
uint8_t fs_blocks[FS_BLOCKS][FS_WIRE_MAX];

void fs_sampler_begin(const struct fs_plan *plan, uint8_t ramp_wanted)
{
    memset(&fs_sampler, 0, sizeof fs_sampler);
    fs_sampler.channels = plan->channels;
    fs_sampler.oversampling = plan->oversampling;
    fs_sampler.scans_per_block = plan->scans_per_block;
    fs_sampler.top = (uint16_t)(1023U * plan->oversampling);
    fs_sampler.ramp_wanted = ramp_wanted;
    fs_sampler.period = plan->period;
    fs_sampler.block_cycles =
        plan->period * plan->channels * plan->oversampling * plan->scans_per_block;
    fs_sampler_next_block();
}

void fs_sampler_begin_at(uint32_t cycle)
{
    fs_sampler.due = cycle + fs_sampler.block_cycles;
}

void fs_sampler_end_at(uint32_t cycle)
{
    const uint32_t length = cycle - (fs_sampler.due - fs_sampler.block_cycles);
    const uint32_t expected = (length + fs_sampler.period / 2) / fs_sampler.period;
    const uint16_t turns = (uint16_t)(fs_sampler.scans * fs_sampler.oversampling + fs_sampler.turn);

    if (expected != (uint32_t)turns * fs_sampler.channels + fs_sampler.channel) {
        fs_sampler.spoilt = 1;
    }
}

uint8_t fs_sampler_flush(void)
{
    if (fs_sampler.scans == 0) {
        return 1;
    }
    if (!fs_sampler.spoilt && fs_block_after(fs_sampler.filling) == fs_sampler.sent) {
        return 0;
    }
    fs_sampler_end_block();
    return 1;
}
