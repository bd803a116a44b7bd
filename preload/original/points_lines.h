/* SPDX-License-Identifier: MIT */
/* The lines on stderr that say of points of a run what the original alone knows: that a waveform is not made,
 * or not yet. Async-signal-safe. */
#ifndef LIGHTSSS_PRELOAD_ORIGINAL_POINTS_LINES_H
#define LIGHTSSS_PRELOAD_ORIGINAL_POINTS_LINES_H

#include <stdbool.h>
#include <stdint.h>

#include "original/points_plan.h"
#include "original/request.h"

/* There was no snapshot before it any more. */
void points_lines_lost(const struct point *point);

/* What was asked for came to nothing. */
void points_lines_in_vain(enum request_state state);

/* A request has to wait: for the evals after it, or for others. Or there is one that waits. */
void points_lines_waits(uint64_t eval, uint64_t after_evals, bool for_others);
void points_lines_asked_before(void);

/* The one that waits is replayed at once, though what it waits for has not come: no eval has begun since. */
void points_lines_still(uint64_t still_ns);

/* At the end: what has not come or was not made, and why. */
struct points_lines_missed {
    bool untold;        /* the testbench did not tell the time */
    unsigned lost;      /* without a snapshot, the first one of which was said */
    int impatience;     /* the signal that has ended the waiting */
    uint64_t left_out;  /* lines */
    bool left_out_more; /* or more */
};
void points_lines_missed(const struct points_plan *plan, const struct points_lines_missed *missed);

/* The same where another program takes the simulator's place. */
void points_lines_given_up(const struct points_plan *plan);

#endif
