/* SPDX-License-Identifier: MIT */
/* See ladder.h. Nothing is remembered: what stays is seen from the ages of what is parked, so that a snapshot
 * that was given up, or has died, leaves a gap and no disorder. When one grows into an age, the next is the
 * oldest of those that have not: at the latest the newest of all, which takes as long as the age. Hence the
 * bound. */
#include "snapshot/limits/ladder.h"

#include <stdbool.h>

#include "base/u64.h"

static bool is_so_old(const struct age *age, const struct slot *slot, uint64_t now_ns, uint64_t eval)
{
    if (age->evals != 0)
        return u64_difference(eval, slot->eval) >= age->evals;
    return u64_difference(now_ns, slot->taken_ns) >= age->ns;
}

/* Has the one at this place grown into the age, and no younger one; or is it the next to do so? */
static bool is_rung(const struct age *age, const struct slots *slots, unsigned at, uint64_t now_ns,
                    uint64_t eval)
{
    if (!is_so_old(age, &slots->slot[at], now_ns, eval))
        return at == 0 || is_so_old(age, &slots->slot[at - 1], now_ns, eval);
    return at + 1 == slots->count || !is_so_old(age, &slots->slot[at + 1], now_ns, eval);
}

static bool stays(const struct ages *ages, const struct slots *slots, unsigned at, uint64_t now_ns,
                  uint64_t eval)
{
    if (at + slots->limit >= slots->count || (ages->first && slots->slot[at].number == 1))
        return true;
    for (unsigned i = 0; i < ages->count; i++)
        if (is_rung(&ages->list[i], slots, at, now_ns, eval))
            return true;
    return false;
}

void ladder_mark(const struct ages *ages, struct slots *slots, uint64_t now_ns, uint64_t eval)
{
    for (unsigned at = 0; at < slots->count; at++)
        slots->slot[at].extra = !stays(ages, slots, at, now_ns, eval);
}
