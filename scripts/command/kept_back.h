/* SPDX-License-Identifier: MIT */
/* `lightsss replay --back`: which kept snapshot of a run replays, as LIGHTSSS_BACK chooses among those that
 * are parked. */
#ifndef LIGHTSSS_SCRIPTS_COMMAND_KEPT_BACK_H
#define LIGHTSSS_SCRIPTS_COMMAND_KEPT_BACK_H

#include <stdint.h>

/* back: a value of LIGHTSSS_BACK. window: one of LIGHTSSS_WINDOW, NULL: that of the run. until_eval: where
 * the replay ends, 0: where the run did. Returns its number (run/kept_rungs.h): the youngest that lies so far
 * back, 0: the first, where none of the others does. One that is gone or stopped is left out, and the report
 * knows which there were, and how old they were when the run ended. */
uint64_t kept_back(const char *run, const char *back, const char *window, uint64_t until_eval);

#endif
