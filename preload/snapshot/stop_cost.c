/* SPDX-License-Identifier: MIT */
/* See stop_cost.h. */
#include "snapshot/stop_cost.h"

#include "base/u64.h"
#include "snapshot/median.h"

uint64_t stop_cost_add(struct stop_cost *cost, uint64_t wait_ns)
{
    cost->sample_ns[cost->count++ % STOP_COST_SAMPLES] = (int64_t)wait_ns;
    return (uint64_t)median(cost->sample_ns, u64_min(cost->count, STOP_COST_SAMPLES));
}
