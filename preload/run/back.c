/* SPDX-License-Identifier: MIT */
/* See back.h. The youngest that is old enough, else the oldest: so whoever asks again without the one that
 * has died is answered with the next older one, and where there is none, with the next younger. */
#include "run/back.h"

#include <stddef.h>

#include "base/u64.h"

static bool is_old_enough(const struct options *options, const struct shared_slot *slot,
                          const struct back_end *end)
{
    const uint64_t evals = u64_difference(end->eval, slot->eval);
    const uint64_t ns = u64_difference(end->ns, slot->taken_ns);

    switch (options->back.kind) {
    case BACK_WINDOW:
        return evals >= options->window_evals;
    case BACK_EVALS:
        return evals >= options->back.evals;
    case BACK_TIME:
        return ns >= options->back.ns;
    case BACK_OLDEST:
        break;
    }
    return false;
}

/* Of two that are old enough the younger, of two that are not the older. */
static bool is_better(const struct options *options, const struct shared_slot *slot,
                      const struct shared_slot *best, const struct back_end *end)
{
    bool is_old = is_old_enough(options, slot, end);

    if (is_old != is_old_enough(options, best, end))
        return is_old;
    return is_old ? slot->number > best->number : slot->number < best->number;
}

/* An original that is killed while it takes a snapshot may not have come to tell of it. Then the others do
 * not all see it, and so it comes last, by whoever looks. */
static bool is_counted(const struct shared_page *page, const struct shared_slot *slot)
{
    return slot->number <= page->cost.snapshots;
}

/* Not the spare: that goes on in the place of a woken one, which made it. */
struct shared_slot *back_choose(const struct options *options, struct shared_page *page,
                                const struct back_end *end, bool (*is_over)(int32_t pid))
{
    struct shared_slot *best = NULL;

    for (unsigned i = 0; i < SHARED_PAGE_SPARE; i++) {
        struct shared_slot *slot = &page->slots[i];
        int32_t pid = atomic_load(&slot->pid);

        if (pid == 0 || is_over(pid))
            continue;
        bool takes = best == NULL || is_better(options, slot, best, end);
        if (best != NULL && is_counted(page, slot) != is_counted(page, best))
            takes = is_counted(page, slot);
        if (takes)
            best = slot;
    }
    return best;
}
