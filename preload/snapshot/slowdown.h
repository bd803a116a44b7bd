/* SPDX-License-Identifier: MIT */
/* What it costs the simulator that its huge pages have become small ones, which the first write does after a
 * snapshot: each eval takes longer until they are put together again. How much longer is told by the time of
 * an eval just before and just after they were lost or given back; so much of all the time without them was
 * lost. What the simulator does changes the time of an eval, too, but seldom at just these moments. Pure
 * logic; times are nanoseconds. */
#ifndef LIGHTSSS_PRELOAD_SNAPSHOT_SLOWDOWN_H
#define LIGHTSSS_PRELOAD_SNAPSHOT_SLOWDOWN_H

#include <stdbool.h>
#include <stdint.h>

#define SLOWDOWN_ALL 1000u /* thousandths of its huge pages */

struct slowdown_sum {
    uint64_t user_ns, evals;
};

enum slowdown_state { SLOWDOWN_BETWEEN, SLOWDOWN_WHOLE, SLOWDOWN_LOST };

struct slowdown {
    enum slowdown_state state; /* at the last look */
    struct slowdown_sum last;  /* sums then */
    struct slowdown_sum whole,
        small;             /* the last stretch in each state, to be compared with the next in the other */
    uint64_t lost_user_ns; /* all that was spent without huge pages ... */
    uint64_t told_ns;      /* ... and what of it was told to be lost */
    uint64_t ratios, ratios_sum; /* how many comparisons, and what they say in thousandths */
};

void slowdown_init(struct slowdown *slowdown);

/* A look: sums since the start of the run, and how many thousandths of the huge pages are small now. Returns
 * what is known to be lost more than was told before. */
uint64_t slowdown_look(struct slowdown *slowdown, struct slowdown_sum now, unsigned lost);

#endif
