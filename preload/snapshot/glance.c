/* SPDX-License-Identifier: MIT */
/* Looks that find nothing to do: see glance.h. */
#include "snapshot/glance.h"

#include "base/u64.h"

#define MOST_NS 10000000u /* lines that LIGHTSSS_MATCH looks for do not wait longer */
#define GROWTH  4u        /* of the stride, from one to the next */

void glance_stop(struct glance *glance)
{
    glance->until_ns = glance->until_eval = 0;
    glance->stride_evals = 1;
}

static uint64_t in_evals(const struct glance *glance, uint64_t eval)
{
    return u64_max(u64_min(glance->stride_evals, u64_difference(glance->until_eval, eval)), 1);
}

/* At the pace since the last glance. An eval takes 1 ns at least: that bounds the stride while the clock
 * stands still. */
static uint64_t fitting_evals(const struct glance *glance, uint64_t until_ns, uint64_t now_ns, uint64_t eval)
{
    uint64_t aim_ns = u64_min(u64_difference(until_ns, now_ns), MOST_NS);
    uint64_t passed_evals = u64_difference(eval, glance->look_eval);
    uint64_t passed_ns = u64_max(u64_difference(now_ns, glance->look_ns), passed_evals);

    if (passed_evals == 0) /* twice in one eval: nothing was learned */
        return glance->stride_evals;
    return u64_scaled(aim_ns, passed_evals, passed_ns);
}

static uint64_t stride_for(const struct glance *glance, uint64_t now_ns, uint64_t eval)
{
    uint64_t evals = fitting_evals(glance, glance->until_ns, now_ns, eval);

    return u64_max(u64_min(evals, u64_product(glance->stride_evals, GROWTH)), 1);
}

uint64_t glance_begin(struct glance *glance, uint64_t now_ns, uint64_t eval, uint64_t until_ns,
                      uint64_t until_eval, uint64_t stride)
{
    /* What is due already waits on purpose: idle threads are standing by for a snapshot. */
    uint64_t evals = until_ns > now_ns ? fitting_evals(glance, until_ns, now_ns, eval) : stride;

    glance->look_ns = now_ns;
    glance->look_eval = eval;
    glance->until_ns = until_ns;
    glance->until_eval = until_eval;
    glance->stride_evals = u64_min(stride, u64_max(evals, 1));
    return in_evals(glance, eval);
}

uint64_t glance_step(struct glance *glance, uint64_t now_ns, uint64_t eval)
{
    if (now_ns >= glance->until_ns || eval >= glance->until_eval)
        return 0;
    glance->stride_evals = stride_for(glance, now_ns, eval);
    glance->look_ns = now_ns;
    glance->look_eval = eval;
    return in_evals(glance, eval);
}
