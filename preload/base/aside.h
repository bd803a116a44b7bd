/* SPDX-License-Identifier: MIT */
/* Memory beside the simulator's heap for functions of libc that allocate on their way (those of regular
 * expressions). libc calls malloc() and its like by addresses in a table of its own, so that a program may
 * bring others: there we stand in, and pass on all that is not asked for by us. */
#ifndef LIGHTSSS_PRELOAD_BASE_ASIDE_H
#define LIGHTSSS_PRELOAD_BASE_ASIDE_H

#include <stdbool.h>

/* Once. False where libc's table is not as expected: then nothing is changed, and the two below do nothing.
 */
bool aside_prepare(void);

/* Between these two, what libc allocates for this thread is ours. One thread at a time; signals are blocked,
 * because a handler of the simulator's must not be given such memory. */
void aside_begin(void);
void aside_end(void);

#endif
