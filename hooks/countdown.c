/* SPDX-License-Identifier: MIT */
/* Reading and setting a countdown that runs meanwhile: see countdown.h. */
#include "countdown.h"

uint64_t countdown_evals(const struct countdown *countdown)
{
    if (countdown->arming)
        return countdown->evals;
    return countdown->last - *countdown->patch.countdown;
}

/* A signal handler may come in anywhere here and arm it itself. Then its count stays, and `last` gets both
 * differences; a count asked for meanwhile is the one noted at the start. */
void countdown_arm(struct countdown *countdown, uint64_t evals)
{
    if (evals > COUNTDOWN_NEVER)
        evals = COUNTDOWN_NEVER;
    countdown->evals = countdown_evals(countdown);
    countdown->arming++;
    uint64_t before = __atomic_exchange_n(countdown->patch.countdown, evals, __ATOMIC_SEQ_CST);
    __atomic_fetch_add(&countdown->last, evals - before, __ATOMIC_SEQ_CST);
    countdown->arming--;
}
