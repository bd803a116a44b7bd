/* SPDX-License-Identifier: MIT */
/* The countdowns in front of evals, and how many evals there were: they follow from them. All are in memory
 * that the process shares with its copies, so that a copy can tell how far the process had come when it was
 * killed, be it in a model that was found after the copy was made. A copy that goes on evaluating takes
 * memory of its own first, and knows from then on what was to come. */
#ifndef LIGHTSSS_HOOKS_MODEL_COUNTS_H
#define LIGHTSSS_HOOKS_MODEL_COUNTS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define COUNTS_NEVER ((uint64_t)INT64_MAX) /* a countdown is signed */
#define COUNTS_LIMIT 4095                  /* one for each model class */

/* Of one class. */
struct count {
    _Alignas(64) volatile uint64_t left; /* the countdown itself */
    uint64_t last;                       /* the eval that it runs to: evals so far = last - left */
    uint64_t evals;                      /* while arming: evals so far */
    unsigned arming;                     /* count_arm() is at work */
    bool joined;                         /* its evals are part of the common number of evals ... */
    uint64_t joined_at;                  /* ... since this one ... */
    uint64_t skipped;                    /* ... less so many */
};

/* What the process has learnt. */
struct counts_facts {
    bool time_moved;  /* a context was seen whose time is not 0 */
    bool time_stood;  /* one was deleted whose time was still 0 after some evals */
    bool time_stands; /* ... and that is how it is with the one that evaled last */
    bool dumps_known; /* see dump_time.h ... */
    uint64_t dumps_ahead;
};

/* Takes the next one, with a countdown of 1: the first eval is due. NULL: the kernel refuses memory, or there
 * are no more. */
struct count *count_take(void);

/* A stub works it in a second view of its page. Without one the last that was taken is given back. */
void count_view(const struct count *count, volatile uint64_t *view);

/* Evals begun so far. Async-signal-safe. */
uint64_t count_evals(const struct count *count);

/* The evals-th eval from now will be due. Async-signal-safe. */
void count_arm(struct count *count, uint64_t evals);

/* Evals begun so far of all that have joined; in a copy that has not thawed yet, by the process that it was
 * made of. Async-signal-safe. */
uint64_t counts_sum(void);

struct counts_facts *counts_facts(void);

/* Is this a copy that has thawed? Then the facts are those that the original had learnt by then. */
bool counts_are_woken(void);

/* See hooks.h. */
void counts_freeze(void);
int counts_thaw(void);
const void *counts_memory(size_t index);

/* In a child that the simulator forked: it counts its own evals, and shares them with its own copies. The
 * first one is due. Async-signal-safe. */
void counts_forked(void);

/* In a copy that has thawed: this count as the process that it was made of had it then. NULL elsewhere, and
 * where that process had not come so far. */
const struct count *count_to_come(const struct count *count);

#endif
