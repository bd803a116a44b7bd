/* SPDX-License-Identifier: MIT */
/* What it costs the original that a snapshot shares its pages: each that it writes over must be copied. How
 * long one takes differs ten times between machines, memories and sizes of pages; so it is taken from the
 * time that the kernel has spent, less what the simulator spends there by itself while it copies nothing.
 * Pure logic but for cost_read(); times are nanoseconds. */
#ifndef LIGHTSSS_PRELOAD_SNAPSHOT_COST_H
#define LIGHTSSS_PRELOAD_SNAPSHOT_COST_H

#include <stdint.h>

/* A page at least, and where nothing is measured yet; and at most. */
#define COST_PAGE_NS      UINT64_C(1300)
#define COST_PAGE_MOST_NS UINT64_C(20000)

/* What costs nothing to know. */
struct cost_now {
    uint64_t ns;         /* of a monotonic clock */
    uint64_t system_ns;  /* spent in the kernel by all threads */
    uint64_t faults;     /* minor ones */
    uint64_t peak_bytes; /* the most that was ever resident */
};

/* Windows of time are quiet or busy. */
struct cost_sum {
    uint64_t ns, system_ns, copied;
};

struct cost {
    struct cost_now last;  /* when the last window ended */
    struct cost_sum busy;  /* since the snapshot */
    struct cost_sum quiet; /* what counts of all so far */
};

void cost_read(struct cost_now *now);

/* In an original, before its first snapshot. */
void cost_init(struct cost *cost);

/* At each look. */
void cost_look(struct cost *cost, const struct cost_now *now);

/* What the pages have cost that were copied since the last snapshot. */
uint64_t cost_ns(const struct cost *cost, const struct cost_now *now);

/* How many these were, up to the last window. */
uint64_t cost_copied(const struct cost *cost);

/* That much of the time that the kernel has spent is paid for in another way. */
void cost_leave_out(struct cost *cost, uint64_t ns);

/* A snapshot was taken, or given up: the account begins anew. */
void cost_begin(struct cost *cost, const struct cost_now *now);

#endif
