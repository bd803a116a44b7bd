/* SPDX-License-Identifier: MIT */
/* Reaps snapshots. The kernel adds what a reaped child has used to its parent's account of its children; the
 * simulator, when it asks for that account, is told of its own children only. Async-signal-safe. */
#ifndef LIGHTSSS_PRELOAD_SNAPSHOT_BURIAL_H
#define LIGHTSSS_PRELOAD_SNAPSHOT_BURIAL_H

#include <stdbool.h>
#include <sys/times.h>
#include <sys/types.h>

#include "snapshot/family.h"

/* Before the first snapshot: what the account holds by then is the simulator's. */
void burial_start(void);

/* Is the snapshot dead? If so it is reaped. */
bool burial_reap(pid_t pid);

/* One that was killed. Dying takes a while: it is reaped at a later look. */
void burial_add(pid_t pid);
void burial_look(void);

/* Kills those that were told to end by themselves. */
void burial_hasten(void);

/* Kills and waits for those, but not for ever. */
void burial_await(void);

/* Who was killed, and what the simulator is told of its children. */
struct family *burial_family(void);

/* Takes the snapshots out of what times() has answered. */
void burial_leave_out_ticks(struct tms *times);

#endif
