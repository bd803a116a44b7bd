/* SPDX-License-Identifier: MIT */
/* Reservoir sampling (algorithm R) with a small generator of its own: the host's rand() is not touched. */
#include "snapshot/stall.h"

#include <string.h>

#include "base/u64.h"
#include "snapshot/median.h"

void stall_init(struct stall *stall)
{
    memset(stall, 0, sizeof *stall);
    stall->random = UINT64_C(0x9e3779b97f4a7c15);
}

/* xorshift64 */
static uint64_t next_random(uint64_t *state)
{
    *state ^= *state << 13;
    *state ^= *state >> 7;
    *state ^= *state << 17;
    return *state;
}

void stall_add(struct stall *stall, uint64_t stall_ns)
{
    uint64_t place = stall->count++;

    if (stall_ns > stall->max_ns)
        stall->max_ns = stall_ns;
    if (place >= STALL_SAMPLES)
        place = next_random(&stall->random) % stall->count;
    if (place < STALL_SAMPLES)
        stall->sample_ns[place] = (int64_t)stall_ns;
}

uint64_t stall_median_ns(const struct stall *stall)
{
    return (uint64_t)median(stall->sample_ns, u64_min(stall->count, STALL_SAMPLES));
}
