/* SPDX-License-Identifier: MIT */
/* How long snapshots held the simulator up: count and maximum are exact, the median comes from a
 * fixed reservoir that every stall has the same chance to be in. Pure logic, no heap. */
#ifndef LIGHTSSS_PRELOAD_SNAPSHOT_STALL_H
#define LIGHTSSS_PRELOAD_SNAPSHOT_STALL_H

#include <stdint.h>

#define STALL_SAMPLES 255

struct stall {
    uint64_t count;
    uint64_t max_ns;
    uint64_t random; /* state of the reservoir's choice */
    int64_t sample_ns[STALL_SAMPLES];
};

void stall_init(struct stall *stall);
void stall_add(struct stall *stall, uint64_t stall_ns);

/* 0 when there was none; the lower one of two middles. */
uint64_t stall_median_ns(const struct stall *stall);

#endif
