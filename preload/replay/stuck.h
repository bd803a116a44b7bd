/* SPDX-License-Identifier: MIT */
/* A replay that closes its waveform uses the simulator's heap. Where malloc() itself has found the failure,
 * its lock is held, and nobody ever lets go of it: this notices. */
#ifndef LIGHTSSS_PRELOAD_REPLAY_STUCK_H
#define LIGHTSSS_PRELOAD_REPLAY_STUCK_H

#include <stdbool.h>

/* From now on this thread gets THREADS_SIGNAL again and again. */
void stuck_watch(void);

/* At each of them: has nothing in this process used a processor for two seconds? */
bool stuck_look(void);

#endif
