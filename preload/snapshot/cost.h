/* SPDX-License-Identifier: MIT */
/* What a snapshot costs the original: the stall, watching, and that it shares its pages, of which each that
 * the original writes over must be copied. How long one takes differs ten times between machines, memories
 * and sizes of pages; so it is taken from the time that the kernel has spent, less what the simulator spends
 * there by itself while it copies nothing, and the less that is, the more from what copies have cost before.
 * Pure logic but for cost_read(); times are nanoseconds. */
#ifndef LIGHTSSS_PRELOAD_SNAPSHOT_COST_H
#define LIGHTSSS_PRELOAD_SNAPSHOT_COST_H

#include <stdbool.h>
#include <stdint.h>

/* A page where nothing is measured yet; at least; and at most (on a virtual machine whose host has to find
 * memory). */
#define COST_PAGE_NS       UINT64_C(1300)
#define COST_PAGE_LEAST_NS UINT64_C(500)
#define COST_PAGE_MOST_NS  UINT64_C(100000)

/* What costs nothing to know. */
struct cost_now {
    uint64_t ns;         /* of a monotonic clock */
    uint64_t system_ns;  /* spent in the kernel by all threads */
    uint64_t user_ns;    /* and elsewhere */
    uint64_t faults;     /* minor ones */
    uint64_t peak_bytes; /* the most that was ever resident */
};

/* Windows of time are quiet or busy. */
struct cost_sum {
    uint64_t ns, system_ns, copied;
};

struct cost {
    struct cost_now begun; /* when the last snapshot was taken, ... */
    struct cost_now last;  /* ... and when the last window ended */
    uint64_t due_ns;       /* the next one ends then */
    struct cost_sum busy;  /* since the snapshot */
    struct cost_sum quiet; /* what counts of all so far */
    uint64_t few_copied;   /* pages copied in quiet ones since the snapshot */
    struct {
        uint64_t ns, copied; /* what counts of the copies of earlier snapshots */
    } known;
    uint64_t grown_bytes; /* since the snapshot */
    uint64_t paid_ns;     /* the stall, and what was spent otherwise since */
    uint64_t copies_ns;   /* since the last snapshot, ... */
    uint64_t before_ns;   /* ... and all that came before it */
};

struct cost_now cost_read(void);

/* In an original, before its first snapshot. */
void cost_init(struct cost *cost, struct cost_now now);

/* Few looks say as much as many: soon after a snapshot, at growing distances later, and when the cost is to
 * be known. */
bool cost_is_due(const struct cost *cost, uint64_t now_ns);

/* When that is; UINT64_MAX: not before the next snapshot. So where the simulator is small, and it is known
 * what it spends in the kernel by itself. */
uint64_t cost_due_ns(const struct cost *cost);

/* Then: is there a snapshot, so that pages are copied? To be called before the last one goes, too. */
void cost_look(struct cost *cost, struct cost_now now, bool is_shared);

/* So much was spent otherwise. is_system: in the kernel, by this thread, so that it is no page's price. */
void cost_pay(struct cost *cost, uint64_t ns, bool is_system);

/* So much was spent in the kernel, by this thread, that is no cost: it is no page's price. */
void cost_leave_out(struct cost *cost, uint64_t ns);

/* What a page is counted for, as far as it is known. */
uint64_t cost_page_ns(const struct cost *cost);

/* A snapshot was taken, or tried in vain: what it costs is counted from here on. */
void cost_begin(struct cost *cost, struct cost_now now, uint64_t stall_ns);

/* How many pages were copied since the last snapshot, up to the last window; what that one has cost; what the
 * next one will at least, which shares more memory; what all have. */
uint64_t cost_copied(const struct cost *cost);
uint64_t cost_ns(const struct cost *cost);
uint64_t cost_next_ns(const struct cost *cost);
uint64_t cost_total_ns(const struct cost *cost);

#endif
