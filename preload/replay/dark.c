/* SPDX-License-Identifier: MIT */
/* Looks of a replay in the dark: see dark.h. They cost nothing that could be measured. */
#include "replay/dark.h"

#include "base/clock.h"
#include "replay/dumping.h"
#include "run/run.h"

#define LOOK_NS     (100 * MILLISECOND_NS)
#define FIRST_EVALS 1u
#define GROWTH      16u /* from look to look, at most */

/* By the pace of the last evals; it is not known at first. */
uint64_t dark_due(uint64_t evals)
{
    static uint64_t last_ns, last_eval, stride = FIRST_EVALS;
    uint64_t eval = run.hooks->evals();

    if (dumping_is_on())
        return evals;
    uint64_t now_ns = clock_ns();
    if (last_ns != 0 && eval > last_eval) {
        uint64_t pace_ns = (now_ns - last_ns) / (eval - last_eval) + 1, most = stride * GROWTH;
        stride = LOOK_NS / pace_ns + 1;
        if (stride > most)
            stride = most;
    }
    last_ns = now_ns;
    last_eval = eval;
    return stride < evals ? stride : evals;
}
