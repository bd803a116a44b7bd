/* SPDX-License-Identifier: MIT */
/* How far before the failure the snapshot lies that replays, in words: what the user waits for is that
 * stretch, run once more. Pure logic. */
#ifndef LIGHTSSS_PRELOAD_REPORT_DISTANCE_H
#define LIGHTSSS_PRELOAD_REPORT_DISTANCE_H

#include <stdbool.h>
#include <stdint.h>

#include "base/text.h"

struct distance {
    uint64_t evals, ns; /* from the snapshot to the failure */
    uint64_t used_ns;   /* what that took of the time of processors; 0: not known */
    uint64_t run_ns;    /* from the first eval to the failure */
    bool is_dear;       /* see distance_is_dear() */
};

/* Have snapshots cost so much that LIGHTSSS_BUDGET has made their intervals long? */
bool distance_is_dear(uint64_t cost_ns, uint64_t snapshots, uint32_t budget_ppm);

/* ", 4970311 evals and 5.0 s back"; and what to make of it, where that is far. */
void distance_describe(struct text *line, const struct distance *distance);

#endif
