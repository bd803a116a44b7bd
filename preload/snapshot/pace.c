/* SPDX-License-Identifier: MIT */
/* The pace of evals: see pace.h. */
#include "snapshot/pace.h"

#define LEAD_NS      250000u  /* idle threads are asked to stand by so long before a snapshot ... */
#define LEAD_MAX_NS  2000000u /* ... rounded up to whole evals, if that is not too long */
#define WATCH_LEADS  40u      /* memory is watched every 10 ms, however far the next snapshot is */
#define WATCH_GROWTH 4u       /* as long as the pace is not known */

void pace_init(struct pace *pace)
{
    *pace = (struct pace){.watch_evals = 1};
}

void pace_begin(struct pace *pace, uint64_t now_ns, uint64_t eval)
{
    pace->stretch_ns = now_ns;
    pace->stretch_eval = eval;
}

void pace_learn(struct pace *pace, uint64_t now_ns, uint64_t eval)
{
    if (pace->stretch_ns == 0)
        pace_begin(pace, now_ns, eval);
    if (eval <= pace->stretch_eval || now_ns < pace->stretch_ns + LEAD_NS)
        return;
    pace->eval_ns = (now_ns - pace->stretch_ns) / (eval - pace->stretch_eval) + 1;
    pace->lead_evals = pace->eval_ns > LEAD_MAX_NS ? 0 : LEAD_NS / pace->eval_ns + 1;
    pace_begin(pace, now_ns, eval);
}

uint64_t pace_watch(struct pace *pace, uint64_t look_in_evals)
{
    if (pace->eval_ns != 0)
        pace->watch_evals = pace->lead_evals == 0 ? 1 : pace->lead_evals * WATCH_LEADS;
    else if (pace->watch_evals < UINT32_MAX)
        pace->watch_evals *= WATCH_GROWTH;
    return look_in_evals < pace->watch_evals ? look_in_evals : pace->watch_evals;
}
