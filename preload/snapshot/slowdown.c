/* SPDX-License-Identifier: MIT */
/* Stretches with and without huge pages, compared where they meet: see slowdown.h. */
#include "snapshot/slowdown.h"

#include "base/u64.h"

#define MOSTLY_LOST  750u
#define MOSTLY_WHOLE 125u
#define ALIKE        SLOWDOWN_ALL
#define CHANCE       (ALIKE + 50)
#define MOST         (UINT64_C(2) * ALIKE) /* a larger ratio is no matter of huge pages */
#define STRETCH_NS   UINT64_C(100000000)   /* a shorter one says nothing */

void slowdown_init(struct slowdown *slowdown)
{
    *slowdown = (struct slowdown){.state = SLOWDOWN_BETWEEN};
}

static enum slowdown_state state_of(unsigned lost)
{
    if (lost >= MOSTLY_LOST)
        return SLOWDOWN_LOST;
    return lost <= MOSTLY_WHOLE ? SLOWDOWN_WHOLE : SLOWDOWN_BETWEEN;
}

static bool is_long(const struct slowdown_sum *stretch)
{
    return stretch->user_ns >= STRETCH_NS && stretch->evals > 0;
}

/* Both stretches are used up by it: each change is one comparison. */
static void compare(struct slowdown *slowdown)
{
    struct slowdown_sum *whole = &slowdown->whole, *small = &slowdown->small;

    if (!is_long(whole) || !is_long(small))
        return;
    uint64_t usual_ns = u64_scaled(whole->user_ns, small->evals, whole->evals);
    slowdown->ratios_sum += u64_min(u64_scaled(small->user_ns, ALIKE, usual_ns), MOST);
    slowdown->ratios++;
    *whole = *small = (struct slowdown_sum){0};
}

static uint64_t lost_ns(const struct slowdown *slowdown)
{
    uint64_t ratio = slowdown->ratios == 0 ? ALIKE : slowdown->ratios_sum / slowdown->ratios;

    return ratio < CHANCE ? 0 : u64_scaled(slowdown->lost_user_ns, ratio - ALIKE, ratio);
}

/* The stretch in the other state stays as it was when it ended. */
static void add_window(struct slowdown *slowdown, enum slowdown_state state, struct slowdown_sum window)
{
    if (state == SLOWDOWN_LOST) {
        slowdown->lost_user_ns += window.user_ns;
        slowdown->small = window;
    } else if (state == SLOWDOWN_WHOLE)
        slowdown->whole = window;
    compare(slowdown);
}

uint64_t slowdown_look(struct slowdown *slowdown, struct slowdown_sum now, unsigned lost)
{
    enum slowdown_state state = state_of(lost);
    struct slowdown_sum window = {
        .user_ns = u64_difference(now.user_ns, slowdown->last.user_ns),
        .evals = u64_difference(now.evals, slowdown->last.evals),
    };

    if (state == slowdown->state)
        add_window(slowdown, state, window);
    slowdown->state = state;
    slowdown->last = now;
    uint64_t more_ns = u64_difference(lost_ns(slowdown), slowdown->told_ns);
    slowdown->told_ns += more_ns;
    return more_ns;
}
