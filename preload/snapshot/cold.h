/* SPDX-License-Identifier: MIT */
/* What a snapshot costs beside its stall and its copies of pages: evals are slower for some milliseconds,
 * because the kernel and the new copy have displaced what the simulator had in the processor's caches. That
 * is no time of the kernel's. Evals just after a snapshot are compared with those that follow on them; what
 * the simulator does changes the time of an eval, too, and so it is the median of several snapshots that
 * counts. Pure logic; times are nanoseconds. */
#ifndef LIGHTSSS_PRELOAD_SNAPSHOT_COLD_H
#define LIGHTSSS_PRELOAD_SNAPSHOT_COLD_H

#include <stdbool.h>
#include <stdint.h>

#define COLD_SAMPLES 15u

struct cold_now {
    uint64_t ns;      /* of a monotonic clock */
    uint64_t used_ns; /* of processors, by all threads */
    uint64_t faults;  /* minor ones; they are counted elsewhere, ... */
    uint64_t page_ns; /* ... for so much each */
    uint64_t evals;
};

struct cold {
    enum { COLD_IDLE, COLD_JUST_AFTER, COLD_USUAL } state; /* which evals are timed */
    struct cold_now since;
    uint64_t due_ns;    /* the end of that, at the soonest */
    uint64_t used_ns;   /* what those just after a snapshot took, ... */
    uint64_t evals;     /* ... and how many they were */
    uint64_t snapshots; /* so far, ... */
    uint64_t unpaid;    /* ... and of those what cold_begin() has not told yet */
    uint64_t samples;   /* so far; the last ones are kept */
    int64_t more_ns[COLD_SAMPLES];
};

void cold_init(struct cold *cold);

/* A snapshot was taken. Returns what is to be paid for it, and for those before it of which nothing was known
 * yet. */
uint64_t cold_begin(struct cold *cold, struct cold_now now);

/* When there is something to time; UINT64_MAX: not before the next snapshot. All is known soon, and then it
 * is seldom timed again. */
uint64_t cold_due_ns(const struct cold *cold);

/* Then. */
void cold_look(struct cold *cold, struct cold_now now);

#endif
