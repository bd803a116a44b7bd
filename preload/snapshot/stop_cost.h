/* SPDX-License-Identifier: MIT */
/* What waiting for the simulator's threads to stop costs a snapshot. Where programs share a processor, a wait
 * is now and then as long as somebody else's time slice, which the simulator gets back later: the median of
 * the last ones is charged. Pure logic; nanoseconds. */
#ifndef LIGHTSSS_PRELOAD_SNAPSHOT_STOP_COST_H
#define LIGHTSSS_PRELOAD_SNAPSHOT_STOP_COST_H

#include <stdint.h>

#define STOP_COST_SAMPLES 15

struct stop_cost {
    uint64_t count;
    int64_t sample_ns[STOP_COST_SAMPLES];
};

/* One more. Returns what is charged for it. */
uint64_t stop_cost_add(struct stop_cost *cost, uint64_t wait_ns);

#endif
