/* SPDX-License-Identifier: MIT */
/* Which kept snapshot of a run comes to an eval soonest: one that is kept beside the first may lie nearer
 * before it. */
#ifndef LIGHTSSS_SCRIPTS_COMMAND_KEPT_NEAREST_H
#define LIGHTSSS_SCRIPTS_COMMAND_KEPT_NEAREST_H

#include <stdint.h>

/* Its number (run/kept_rungs.h); 0: the first. One that is gone or stopped is left out, and the report knows
 * which there were. */
uint64_t kept_nearest(const char *run, uint64_t eval);

/* The same to one so many evals before the end, 0: the end itself. */
uint64_t kept_nearest_before_end(const char *run, uint64_t evals);

/* The youngest that lies so far back, as LIGHTSSS_BACK chooses among those that are parked; 0: the first,
 * where none of the others does. back: a value of LIGHTSSS_BACK. window: one of LIGHTSSS_WINDOW, NULL: that
 * of the run. until_eval: where the replay ends, 0: where the run did; a time is counted from the end of the
 * run. */
uint64_t kept_nearest_back(const char *run, const char *back, const char *window, uint64_t until_eval);

#endif
