/* SPDX-License-Identifier: MIT */
/* Reading and setting a countdown that runs meanwhile: see countdown.h. */
#include "countdown.h"

#include <errno.h>
#include <sys/mman.h>
#include <unistd.h>

/* Of the page that patch_count() shares. */
static struct counts *counts_of(const struct countdown *countdown)
{
    return (struct counts *)countdown->patch.countdown;
}

int countdown_install(struct countdown *countdown, void (*due)(void *object, void *context), void *context,
                      struct hooks_why *why)
{
    int error = patch_count(&countdown->patch, 1, due, context, why);
    if (!error)
        counts_of(countdown)->last = 1;
    return error;
}

uint64_t countdown_evals(const struct countdown *countdown)
{
    const struct counts *counts = counts_of(countdown);
    if (counts->arming)
        return counts->evals;
    return counts->last - counts->left;
}

/* A signal handler may come in anywhere here and arm it itself. Then its count stays, and `last` gets both
 * differences; a count asked for meanwhile is the one noted at the start. */
void countdown_arm(struct countdown *countdown, uint64_t evals)
{
    struct counts *counts = counts_of(countdown);
    if (evals > COUNTDOWN_NEVER)
        evals = COUNTDOWN_NEVER;
    counts->evals = countdown_evals(countdown);
    counts->arming++;
    uint64_t before = __atomic_exchange_n(&counts->left, evals, __ATOMIC_SEQ_CST);
    __atomic_fetch_add(&counts->last, evals - before, __ATOMIC_SEQ_CST);
    counts->arming--;
}

void countdown_freeze(struct countdown *countdown)
{
    countdown->kept = *counts_of(countdown);
}

/* A page of its own in the place of the one that is shared with another process. */
static int renew(struct counts *counts, int sharing)
{
    /* cppcheck-suppress invalidFunctionArg ; it has not heard of MAP_ANONYMOUS here */
    void *own = mmap(counts, (size_t)sysconf(_SC_PAGESIZE), PROT_READ | PROT_WRITE,
                     sharing | MAP_ANONYMOUS | MAP_FIXED, -1, 0);
    return own == MAP_FAILED ? -errno : 0;
}

int countdown_thaw(struct countdown *countdown)
{
    struct counts *counts = counts_of(countdown);
    int error = renew(counts, MAP_PRIVATE);
    if (!error)
        *counts = countdown->kept;
    return error;
}

void countdown_fork(struct countdown *countdown)
{
    struct counts *counts = counts_of(countdown);
    if (renew(counts, MAP_SHARED) == 0)
        *counts = (struct counts){.left = 1, .last = 1};
}
