/* SPDX-License-Identifier: MIT */
/* Which stretch of the replay is dumped. Pure logic. */
#ifndef LIGHTSSS_PRELOAD_REPLAY_WINDOW_H
#define LIGHTSSS_PRELOAD_REPLAY_WINDOW_H

#include <stdint.h>

/* Number of the first eval to dump. snapshot_eval: evals that were complete when the snapshot was taken (0
 * for the snapshot of the first eval); failing_eval: evals begun when the original ended; window_evals:
 * at most so many dumps, OPTIONS_WINDOW_ALL for all. Past failing_eval when no eval lies between. */
uint64_t window_first(uint64_t snapshot_eval, uint64_t failing_eval, uint64_t window_evals);

#endif
