/* SPDX-License-Identifier: MIT */
/* See time_search.h. Half the way that is left is safe as long as the time does not go more than twice as
 * fast from then on. Where a time has several evals it stands still between two looks at single ones: so the
 * pace counts from before these. */
#include "original/time_search.h"

#include "base/u64.h"

#define NEAR_EVALS  32u    /* from here on each is looked at */
#define STILL_EVALS 65536u /* between looks, at most, where the time stands still */

void time_search_begin(struct time_search *search)
{
    *search = (struct time_search){.next_eval = 1};
}

static uint64_t evals_left(const struct time_search *search, uint64_t eval, uint64_t time, uint64_t goal)
{
    uint64_t passed = u64_difference(time, search->from_time);

    return u64_scaled(u64_difference(goal, time), u64_difference(eval, search->from_eval), passed);
}

/* Never farther than the run is old: what was its pace at the beginning says little. */
static uint64_t step_for(const struct time_search *search, uint64_t eval, uint64_t time, uint64_t goal)
{
    uint64_t left = evals_left(search, eval, time, goal);
    uint64_t step = left <= NEAR_EVALS ? 1 : u64_min(left / 2, eval);

    return left == UINT64_MAX ? u64_min(step, STILL_EVALS) : step;
}

void time_search_look(struct time_search *search, uint64_t eval, uint64_t time, uint64_t goal)
{
    bool is_first = search->eval == 0; /* nobody knows what the time began with */

    if (eval > search->eval + 1) {
        search->from_eval = search->eval;
        search->from_time = search->time;
    }
    uint64_t step = is_first ? 1 : step_for(search, eval, time, goal);
    search->next_eval = goal == UINT64_MAX ? UINT64_MAX : u64_sum(eval, step);
    search->eval = eval;
    search->time = time;
    if (is_first) {
        search->from_eval = eval;
        search->from_time = time;
    }
}
