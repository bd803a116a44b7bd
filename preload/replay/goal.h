/* SPDX-License-Identifier: MIT */
/* Where a replay ends that comes while its original goes on: at a point of the run, and so many evals behind
 * it. A point may be a simulation time; then the eval is found here. Of other replays it knows nothing. */
#ifndef LIGHTSSS_PRELOAD_REPLAY_GOAL_H
#define LIGHTSSS_PRELOAD_REPLAY_GOAL_H

#include <stdint.h>

/* From which eval the window is counted back: 0: from the end. */
uint64_t goal_eval(void);

/* That eval is about to run; it has returned: was it the one? */
void goal_due(uint64_t eval);
void goal_look(uint64_t eval);

#endif
