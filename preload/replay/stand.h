/* SPDX-License-Identifier: MIT */
/* `lightsss gdb`: a copy of a kept copy replays in the dark to an eval, or to its end, and stands still there
 * until a debugger has it go on. It writes no report; its kept copy ends it as soon as the debugger has let
 * go of it, and takes down what it leaves. */
#ifndef LIGHTSSS_PRELOAD_REPLAY_STAND_H
#define LIGHTSSS_PRELOAD_REPLAY_STAND_H

#include <stdbool.h>
#include <stdint.h>
#include <sys/types.h>

#include "base/text.h"
#include "run/shared_page.h"

/* --- in the kept copy --- */

/* Has a debugger got hold of it? */
bool stand_is_traced(pid_t pid);

/* The copy that had this page has ended. */
void stand_leaves(const struct shared_page *page);

/* --- in the copy --- */

/* Takes what is asked for, by that process (0: not known). False: it cannot be had, and `why` says why. */
bool stand_begins(pid_t debugger, const char *at, const char *end, uint64_t snapshot_eval, struct text *why);

/* Those below do nothing in a replay that is not for a debugger. */

/* As long as it is the only thread, before the walls. */
void stand_prepare(void);

/* An eval is about to run, and the next look comes in so many: or earlier. */
uint64_t stand_due(uint64_t eval, uint64_t evals);

/* It has run. */
void stand_done(uint64_t eval);

/* The run has come to its end on this thread, or, where `why` is not empty, has to be stopped for that; it
 * stays where it is. */
void stand_at_end(const char *why);

#endif
