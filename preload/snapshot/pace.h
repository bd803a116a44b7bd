/* SPDX-License-Identifier: MIT */
/* How fast evals follow each other: how many of them fill the lead of a snapshot, the time between two looks
 * at memory, and that in which a killed snapshot dies. Pure logic; times are nanoseconds of a monotonic
 * clock. */
#ifndef LIGHTSSS_PRELOAD_SNAPSHOT_PACE_H
#define LIGHTSSS_PRELOAD_SNAPSHOT_PACE_H

#include <stdbool.h>
#include <stdint.h>

#include "snapshot/cadence.h"

struct pace {
    bool is_by_evals;                  /* as snapshots come; else by time, and the clock is looked at often */
    uint64_t stretch_eval, stretch_ns; /* evals since the last look or snapshot: the one before says ... */
    uint64_t eval_ns;                  /* ... how long one takes; 0: not known yet */
    uint64_t lead_evals;               /* they fill the lead; 0: not known, or they take too long */
    uint64_t watch_evals;              /* from one look at memory to the next */
    uint64_t dying_evals;              /* from one look at who was killed to the next */
    bool is_prepared;                  /* threads were asked to stand by for the next snapshot ... */
    uint64_t prepare_ns;               /* ... and that took so long */
};

void pace_init(struct pace *pace, bool is_by_evals);

/* A look, which has led to that step. True: idle threads are to be asked to stand by. A snapshot by time may
 * come some evals later: they are the lead. One by evals may not: so a look is put that much before it. */
bool pace_look(struct pace *pace, uint64_t now_ns, uint64_t eval, struct cadence_step *step);

/* Some stand by; to ask them took so long. */
void pace_prepared(struct pace *pace, uint64_t took_ns, struct cadence_step *step);

/* A snapshot was taken, or tried in vain: what was before is no part of the next stretch. Returns what it has
 * cost to prepare it. */
uint64_t pace_begin(struct pace *pace, uint64_t now_ns, uint64_t eval);

/* When to look next, where nothing else asks for it before look_in_evals. */
uint64_t pace_watch(struct pace *pace, uint64_t look_in_evals);

/* The same while one that was killed is not dead: at the next eval, and then after twice as many each time,
 * up to a millisecond's worth. */
void pace_killed(struct pace *pace);
uint64_t pace_bury(struct pace *pace, uint64_t look_in_evals);

#endif
