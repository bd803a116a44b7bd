/* SPDX-License-Identifier: MIT */
/* The window is counted back from the failing eval and begins after the snapshot at the earliest. */
#include "replay/window.h"

uint64_t window_first(uint64_t snapshot_eval, uint64_t failing_eval, uint64_t window_evals)
{
    uint64_t earliest = snapshot_eval + 1;
    uint64_t first;

    if (failing_eval < window_evals)
        return earliest;
    first = failing_eval - window_evals + 1;
    return first > earliest ? first : earliest;
}
