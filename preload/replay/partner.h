/* SPDX-License-Identifier: MIT */
/* Memory that the simulator shares with another process. A replay has what was there at the snapshot, and
 * what it writes there itself; what the other process wrote since, nobody has recorded. A replay that waits
 * for that would wait for ever: this notices. */
#ifndef LIGHTSSS_PRELOAD_REPLAY_PARTNER_H
#define LIGHTSSS_PRELOAD_REPLAY_PARTNER_H

#include <stdbool.h>

#include "base/text.h"

/* In a woken copy, while its shared memory is still the original's: who else has that memory? */
void partner_begin(void);

/* From now on the calling thread, which evals, gets THREADS_SIGNAL now and then; no longer. */
void partner_watch(void);
void partner_watch_end(void);

/* At each of them: is the other process waited for? A system call that the signal has interrupted begins
 * again. */
bool partner_is_awaited(void *ucontext);

/* It is: why the replay ends there. */
void partner_explain(struct text *why);

/* The replay has stopped there before its window began (or in one that began anew). Where there is a spare
 * copy, that replays once more, with a window that ends there: then this does not return. */
void partner_pass_on(void);

#endif
