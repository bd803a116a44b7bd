/* SPDX-License-Identifier: MIT */
/* Do the parked snapshots hold more memory than they may (LIGHTSSS_MEMORY), or so much that little is left
 * for the original? To know what they hold the kernel must walk page tables, and to know what is left files
 * must be read; so both are estimated from the page faults since, and asked for only where that may change
 * the answer. Pure logic; times are nanoseconds of a monotonic clock. */
#ifndef LIGHTSSS_PRELOAD_SNAPSHOT_LIMITS_MEMORY_LIMIT_H
#define LIGHTSSS_PRELOAD_SNAPSHOT_LIMITS_MEMORY_LIMIT_H

#include <stdbool.h>
#include <stdint.h>

#include "options/options.h"
#include "snapshot/limits/commit.h"
#include "snapshot/limits/slots.h"

/* On the machine, and in its control groups. */
struct memory_left {
    uint64_t left_bytes; /* what can be had yet (UINT64_MAX: nothing is known) ... */
    uint64_t of_bytes;   /* ... of all that the machine, or the control group that leaves the least, has */
    struct commit commit;
};

/* What costs nothing to know; begins as zeros. */
struct memory_now {
    uint64_t ns;
    uint64_t fault_bytes; /* pages that the original has touched or copied since it began */
    uint64_t peak_bytes;  /* the most it ever held */
    uint64_t
        touched_bytes; /* grows by all that it took; huge pages come with few faults, and show in the peak */
    uint64_t copied_bytes; /* grows by what it may have written over: faults that did not make it larger */
};

/* The clock, the faults and the peak are these now. */
void memory_limit_now(struct memory_now *now, uint64_t ns, uint64_t fault_bytes, uint64_t peak_bytes);

enum memory_step {
    MEMORY_ENOUGH,   /* nothing is to be done */
    MEMORY_LOOK,     /* ask what is left: memory_limit_left() */
    MEMORY_MEASURE,  /* ask what snapshots hold: memory_limit_held() */
    MEMORY_PAST,     /* they hold more than they may: give up the oldest */
    MEMORY_SHORT,    /* little is left: the same */
    MEMORY_PROMISED, /* little may be promised yet (commit.h): the same */
};

struct memory_limit {
    struct options_memory option;
    struct memory_left left; /* as it was at ... */
    struct memory_now left_at;
    bool left_is_old;    /* old: a snapshot was given up since */
    uint64_t held_bytes; /* likewise */
    struct memory_now held_at;
    bool held_is_exact, held_is_old;  /* likewise */
    uint64_t measure_ns, measured_ns; /* how long that takes, and when it was done */
    uint64_t look_ns, look_bytes;     /* the last look, and what was touched by then */
    uint64_t growth_bytes;            /* what the original touches in a few milliseconds */
    uint64_t most_bytes;              /* that were ever measured */
    uint64_t copied_at[SLOTS_PLACES]; /* copied_bytes when the snapshot with this place was taken ... */
    uint64_t charge_at[SLOTS_PLACES]; /* ... and what it counts where memory is strictly accounted */
    uint64_t table_bytes; /* page tables of the original, to be set: each snapshot has a copy of them */
};

void memory_limit_init(struct memory_limit *limit, const struct options_memory *option,
                       const struct memory_now *now);

/* At each look of the keeper, once. */
void memory_limit_look(struct memory_limit *limit, const struct memory_now *now);

/* Has so much been touched, or so much time passed, that what was left may not be true any more? */
bool memory_limit_is_stale(const struct memory_limit *limit, const struct memory_now *now);

/* What is to be done. After the answer, ask again with the same `now`. */
enum memory_step memory_limit_step(const struct memory_limit *limit, const struct slots *slots,
                                   const struct memory_now *now);

/* Answers. bytes == UINT64_MAX: the kernel does not tell. */
void memory_limit_left(struct memory_limit *limit, const struct memory_left *left,
                       const struct memory_now *now);
void memory_limit_held(struct memory_limit *limit, uint64_t bytes, uint64_t took_ns,
                       const struct memory_now *now);

/* The oldest was given up. */
void memory_limit_gave_up(struct memory_limit *limit);

/* Is so little left that snapshots are to go? */
bool memory_limit_is_short(const struct memory_limit *limit);

/* Is less left than a replay may take in a few milliseconds? */
bool memory_limit_is_dangerous(const struct memory_limit *limit);

/* A snapshot was taken, and has this place (slots.h). */
void memory_limit_taken(struct memory_limit *limit, unsigned place, const struct memory_now *now);

/* Is there room for another one, and for what it holds a moment later? MEMORY_ENOUGH, MEMORY_PAST,
 * MEMORY_SHORT or MEMORY_PROMISED; what is left must not be stale. */
enum memory_step memory_limit_fresh(const struct memory_limit *limit, const struct slots *slots,
                                    const struct memory_now *now);

/* Where there is none (MEMORY_PROMISED): would there be in the place of the oldest? */
bool memory_limit_may_replace(const struct memory_limit *limit, const struct slots *slots);

/* The simulator was refused so much. Would it help to give snapshots up? What is left must not be stale. */
bool memory_limit_may_help(const struct memory_limit *limit, const struct slots *slots,
                           uint64_t refused_bytes);

/* For how long nothing can come of what the snapshots hold, however fast memory is taken; UINT64_MAX: they
 * hold too little for that, and there need be no look until the next snapshot. */
uint64_t memory_limit_quiet_ns(const struct memory_limit *limit, const struct slots *slots,
                               const struct memory_now *now);

/* What snapshots may hold yet beside another one. */
uint64_t memory_limit_spare(const struct memory_limit *limit, const struct slots *slots,
                            const struct memory_now *now);

/* What another one would hold a moment later. */
uint64_t memory_limit_fresh_bytes(const struct memory_limit *limit);

/* What the snapshots hold at most, and may hold (UINT64_MAX: as much as they like). */
uint64_t memory_limit_estimate(const struct memory_limit *limit, const struct slots *slots,
                               const struct memory_now *now);
uint64_t memory_limit_allowed(const struct memory_limit *limit, uint64_t held_bytes);

#endif
