/* SPDX-License-Identifier: MIT */
/* Every end of the process comes by here, whichever way it goes: the interposed functions and the signal
 * handlers report it, and what has to happen first happens: the original has its failure replayed and
 * its snapshots dismissed, a replay finishes. */
#ifndef LIGHTSSS_PRELOAD_ENDS_ENDS_H
#define LIGHTSSS_PRELOAD_ENDS_ENDS_H

#include <stdbool.h>

#include "options/end.h"

/* exit_group(status) is about to be called. Returns in the original and in processes that are not ours. */
void ends_exit(int status);

/* The default action of this fatal signal is about to end the process; outside: somebody sent it;
 * sender: who, 0: not known.
 * Returns as ends_exit() does, and whether the process is to end: false in a replay that was copied while the
 * signal was on its way here, for it was sent to the original. Async-signal-safe. Of SIGKILL only a replay
 * can tell, which sends it to itself. */
bool ends_signal(int signal, bool outside, int sender);

/* Does this work, which may end the process: then it is left where it is. Returns false and the end where it
 * did. One at a time in a process. */
bool ends_try(void (*work)(void *argument), void *argument, struct end *end);

/* The process would end here, like this. Does not return in such work. */
void ends_leave(const struct end *end);

#endif
