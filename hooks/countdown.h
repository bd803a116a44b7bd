/* SPDX-License-Identifier: MIT */
/* The countdown in front of an eval, and how many evals there were: they follow from it. */
#ifndef LIGHTSSS_HOOKS_COUNTDOWN_H
#define LIGHTSSS_HOOKS_COUNTDOWN_H

#include "patch.h"

#define COUNTDOWN_NEVER ((uint64_t)INT64_MAX) /* it is signed */

struct countdown {
    struct patch patch;
    uint64_t last;   /* number of the eval that it runs to: evals so far = last - countdown */
    unsigned arming; /* countdown_arm() is at work: evals holds their number */
    uint64_t evals;
};

/* Evals begun so far. Async-signal-safe. */
uint64_t countdown_evals(const struct countdown *countdown);

/* The evals-th eval from now will be due. Async-signal-safe. */
void countdown_arm(struct countdown *countdown, uint64_t evals);

#endif
