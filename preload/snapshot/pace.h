/* SPDX-License-Identifier: MIT */
/* How fast evals follow each other, and so how many of them fill the lead of a snapshot; when to look whether
 * a killed one is dead. Pure logic; times are nanoseconds of a monotonic clock. */
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
    uint64_t dying_ns;                 /* from one look at who was killed to the next */
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

/* One was killed. While it is not dead, look again in so long: a millisecond, and then twice as long each
 * time, up to a second. */
void pace_killed(struct pace *pace);
uint64_t pace_bury_ns(struct pace *pace);

#endif
