/* SPDX-License-Identifier: MIT */
/* The countdown in front of an eval, and how many evals there were: they follow from it. Both are in a page
 * that the process shares with its copies, so that a copy can tell how far the process had come when it was
 * killed. A copy that goes on evaluating takes a page of its own first. */
#ifndef LIGHTSSS_HOOKS_COUNTDOWN_H
#define LIGHTSSS_HOOKS_COUNTDOWN_H

#include "patch.h"

#define COUNTDOWN_NEVER ((uint64_t)INT64_MAX) /* it is signed */

struct counts {
    volatile uint64_t left; /* the countdown itself */
    uint64_t last;          /* number of the eval that it runs to: evals so far = last - left */
    uint64_t evals;         /* while arming: evals so far */
    unsigned arming;        /* countdown_arm() is at work */
};

struct countdown {
    struct patch patch;
    struct counts kept; /* by countdown_freeze() */
};

/* patch_count() with a countdown of 1: the first eval is due. */
int countdown_install(struct countdown *countdown, void (*due)(void *object, void *context), void *context,
                      struct hooks_why *why);

/* Evals begun so far; in a copy that has not thawed yet, by the process that it was made of.
 * Async-signal-safe. */
uint64_t countdown_evals(const struct countdown *countdown);

/* The evals-th eval from now will be due. Async-signal-safe. */
void countdown_arm(struct countdown *countdown, uint64_t evals);

/* A copy is about to be made, and no thread evals: keeps the counts for it. Async-signal-safe. */
void countdown_freeze(struct countdown *countdown);

/* In the copy, before it evals: the counts are its own from now on, and what they were at the freeze. No
 * other thread may run. Async-signal-safe. Returns 0 or -errno. */
int countdown_thaw(struct countdown *countdown);

/* In a child that the simulator forked: it counts its own evals, and shares them with its own copies. The
 * first one is due. Async-signal-safe. */
void countdown_fork(struct countdown *countdown);

#endif
