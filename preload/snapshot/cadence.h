/* SPDX-License-Identifier: MIT */
/* When to take the next snapshot, and how many evals may pass before the clock is looked at again: no C
 * code runs between two looks. Pure logic; times are nanoseconds of a monotonic clock, evals the number of
 * the eval that is about to run (from 1). */
#ifndef LIGHTSSS_PRELOAD_SNAPSHOT_CADENCE_H
#define LIGHTSSS_PRELOAD_SNAPSHOT_CADENCE_H

#include <stdbool.h>
#include <stdint.h>

#include "options/options.h"

struct cadence {
    struct options_interval interval;
    uint32_t budget_ppm;
    uint32_t shared_by;    /* the time of a processor that the run has, by so many thousandths more passes */
    bool begun;            /* the snapshot of the first eval was asked for */
    uint64_t wait_ns;      /* from the last snapshot to the next */
    uint64_t since_ns;     /* when the last snapshot was done */
    uint64_t start_ns;     /* of the run */
    uint64_t cost_ns;      /* what the last snapshot has cost so far ... */
    uint64_t spent_ns;     /* ... and all before it */
    uint64_t next_cost_ns; /* what the next one will cost, where that is more than the last one has */
    uint64_t barred_ns;    /* none before that time, whatever else asks for one */
    uint64_t early_ns;     /* no snapshot is left: the next one may come then; UINT64_MAX: in its turn */
    uint64_t next_eval;    /* INTERVAL_EVALS: the eval of the next snapshot */
    uint64_t look_ns;      /* the last look */
    uint64_t look_eval;
    uint64_t stride_evals; /* what the last look answered */
    unsigned stuck_tries;  /* in a row, because threads would not stop */
    unsigned early_tries;  /* that came before their turn, since the last snapshot */
};

struct cadence_step {
    bool snapshot;          /* take one now */
    uint64_t look_in_evals; /* then look again after so many evals; never 0, UINT64_MAX is never */
};

void cadence_init(struct cadence *cadence, const struct options_interval *interval, uint32_t budget_ppm,
                  uint64_t start_ns);

/* Would a look ask for a snapshot now? What the last one has cost is to be known then. */
bool cadence_is_due(const struct cadence *cadence, uint64_t now_ns, uint64_t evals);

/* A look. The first one always asks for a snapshot. */
struct cadence_step cadence_step(struct cadence *cadence, uint64_t now_ns, uint64_t evals);

/* When the clock may ask for a snapshot at the soonest; UINT64_MAX: never, only evals do. */
uint64_t cadence_due_ns(const struct cadence *cadence);

/* What is left of the turn of the next one, as a part of what is over; CADENCE_ALL: as much. */
#define CADENCE_ALL 1000u
uint64_t cadence_left(const struct cadence *cadence, uint64_t now_ns, uint64_t evals);

/* To be called when the snapshot is done, with the time after it. cost_ns: its stall. */
void cadence_snapshot_taken(struct cadence *cadence, uint64_t now_ns, uint64_t evals, uint64_t cost_ns);

/* The snapshot was tried in vain, which held the simulator up for so long: the next one waits its turn. Not
 * so where nothing could be replayed (is_bare): a thread that gets no processor on a busy machine, or waits
 * for a child of vfork(), is none to wait for by the budget, and the first tries come sooner. But where the
 * threads would not stop (is_stuck) and that took long, one may never stop: the tries become rarer, however
 * short the interval is. */
void cadence_failed(struct cadence *cadence, uint64_t now_ns, uint64_t evals, uint64_t cost_ns, bool is_stuck,
                    bool is_bare);

/* What the last snapshot has cost so far, pages that were copied since included; it may turn out to be less
 * than was thought. The next one will cost as much, or next_cost_ns where that is more. It waits until the
 * last one has earned its cost, and the budget of the whole run so far has room for all that was spent and
 * for itself. */
void cadence_cost(struct cadence *cadence, uint64_t cost_ns, uint64_t next_cost_ns);

/* What the simulator has used of processors since start_ns. Where it has less than one, others have the rest,
 * or it waits: the budget is a share of what it used. */
void cadence_used(struct cadence *cadence, uint64_t now_ns, uint64_t used_ns);

/* The last snapshot had to be given up: the next one comes before its turn, as soon as the budget has room
 * for what that has cost, be it that of the whole run. Always at once would mean one at every look where the
 * simulator writes faster than its snapshots may hold. */
void cadence_none_left(struct cadence *cadence, uint64_t now_ns);

#endif
