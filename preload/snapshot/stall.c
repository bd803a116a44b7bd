/* SPDX-License-Identifier: MIT */
/* Reservoir sampling (algorithm R) with a small generator of its own: the host's rand() is not touched. */
#include "snapshot/stall.h"

#include <string.h>

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
        stall->sample_ns[place] = stall_ns;
}

/* How many of the samples come before this one when they are sorted; equal ones by their index. */
static uint64_t rank_of(const struct stall *stall, uint64_t samples, uint64_t index)
{
    uint64_t rank = 0;

    for (uint64_t i = 0; i < samples; i++) {
        if (stall->sample_ns[i] < stall->sample_ns[index] ||
            (i < index && stall->sample_ns[i] == stall->sample_ns[index]))
            rank++;
    }
    return rank;
}

uint64_t stall_median_ns(const struct stall *stall)
{
    uint64_t samples = stall->count < STALL_SAMPLES ? stall->count : STALL_SAMPLES;

    for (uint64_t i = 0; i < samples; i++) {
        if (rank_of(stall, samples, i) == (samples - 1) / 2)
            return stall->sample_ns[i];
    }
    return 0;
}
