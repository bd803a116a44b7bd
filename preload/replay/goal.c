/* SPDX-License-Identifier: MIT */
/* See goal.h. The testbench's own tracer dumps behind the eval: so the time of the point is that of the last
 * dump when the next eval is due. */
#include "replay/goal.h"

#include <stdbool.h>

#include "base/u64.h"
#include "replay/progress.h"
#include "run/run.h"

static bool is_point(void)
{
    return end_is_point(run.page->end.kind);
}

uint64_t goal_eval(void)
{
    return is_point() ? run.page->point.first_eval : 0;
}

void goal_due(uint64_t eval)
{
    const struct shared_point *point = &run.page->point;

    if (is_point() && point->first_eval == point->last_eval && eval == point->first_eval + 1)
        progress_of_point();
}

/* The original has seen the time before and behind; each eval between is announced. */
void goal_look(uint64_t eval)
{
    struct shared_point *point = &run.page->point;
    bool is_searched = is_point() && point->first_eval < point->last_eval;

    if (!is_searched || eval < point->first_eval || run_time() < point->time)
        return;
    point->first_eval = point->last_eval = eval;
    run.page->end.eval = u64_sum(eval, point->after_evals);
}
