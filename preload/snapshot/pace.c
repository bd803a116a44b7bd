/* SPDX-License-Identifier: MIT */
/* The pace of evals: see pace.h. */
#include "snapshot/pace.h"

#include "base/u64.h"

#define LEAD_NS        250000u  /* idle threads are asked to stand by so long before a snapshot ... */
#define LEAD_MAX_NS    2000000u /* ... rounded up to whole evals, if that is not too long */
#define BURIAL_NS      1000000u
#define BURIAL_MOST_NS 1000000000u

void pace_init(struct pace *pace, bool is_by_evals)
{
    *pace = (struct pace){.is_by_evals = is_by_evals, .dying_ns = BURIAL_NS};
}

static void begin_stretch(struct pace *pace, uint64_t now_ns, uint64_t eval)
{
    pace->stretch_ns = now_ns;
    pace->stretch_eval = eval;
}

uint64_t pace_begin(struct pace *pace, uint64_t now_ns, uint64_t eval)
{
    uint64_t prepare_ns = pace->prepare_ns;

    begin_stretch(pace, now_ns, eval);
    pace->is_prepared = false;
    pace->prepare_ns = 0;
    return prepare_ns;
}

static void learn(struct pace *pace, uint64_t now_ns, uint64_t eval)
{
    if (pace->stretch_ns == 0)
        begin_stretch(pace, now_ns, eval);
    if (eval <= pace->stretch_eval || now_ns < pace->stretch_ns + LEAD_NS)
        return;
    pace->eval_ns = (now_ns - pace->stretch_ns) / (eval - pace->stretch_eval) + 1;
    pace->lead_evals = pace->eval_ns > LEAD_MAX_NS ? 0 : LEAD_NS / pace->eval_ns + 1;
    begin_stretch(pace, now_ns, eval);
}

bool pace_look(struct pace *pace, uint64_t now_ns, uint64_t eval, struct cadence_step *step)
{
    learn(pace, now_ns, eval);
    if (pace->lead_evals == 0)
        return false;
    if (pace->is_by_evals && step->look_in_evals > 2 * pace->lead_evals) {
        step->look_in_evals -= pace->lead_evals;
        return false;
    }
    return step->snapshot != pace->is_by_evals && !pace->is_prepared;
}

void pace_prepared(struct pace *pace, uint64_t took_ns, struct cadence_step *step)
{
    pace->is_prepared = true;
    pace->prepare_ns = took_ns;
    if (!pace->is_by_evals)
        *step = (struct cadence_step){.snapshot = false, .look_in_evals = pace->lead_evals};
}

void pace_killed(struct pace *pace)
{
    pace->dying_ns = BURIAL_NS;
}

uint64_t pace_bury_ns(struct pace *pace)
{
    uint64_t ns = pace->dying_ns;

    pace->dying_ns = u64_min(2 * ns, BURIAL_MOST_NS);
    return ns;
}
