/* SPDX-License-Identifier: MIT */
/* How fast evals follow each other: how many of them fill the lead of a snapshot, and the time between two
 * looks at memory. Pure logic; times are nanoseconds of a monotonic clock. */
#ifndef LIGHTSSS_PRELOAD_SNAPSHOT_PACE_H
#define LIGHTSSS_PRELOAD_SNAPSHOT_PACE_H

#include <stdint.h>

/* All zero but watch_evals, which is 1, in the beginning. */
struct pace {
    uint64_t stretch_eval, stretch_ns; /* evals since the last look or snapshot: the one before says ... */
    uint64_t eval_ns;                  /* ... how long one takes; 0: not known yet */
    uint64_t lead_evals;               /* they fill the lead; 0: not known, or they take too long */
    uint64_t watch_evals;              /* from one look at memory to the next */
};

void pace_init(struct pace *pace);

/* A stretch begins. What was before is no part of it. */
void pace_begin(struct pace *pace, uint64_t now_ns, uint64_t eval);

/* A look. */
void pace_learn(struct pace *pace, uint64_t now_ns, uint64_t eval);

/* When to look next, where nothing else asks for it before look_in_evals. */
uint64_t pace_watch(struct pace *pace, uint64_t look_in_evals);

#endif
