/* SPDX-License-Identifier: MIT */
/* Which processors threads may run on. A replay beside its original (request.h) would take the time of the
 * processors that the simulator has pinned its threads to: so its threads run wherever the process may, and
 * the simulator is told what it has asked for. */
#ifndef LIGHTSSS_PRELOAD_RESTORE_AFFINITY_H
#define LIGHTSSS_PRELOAD_RESTORE_AFFINITY_H

#include <sys/types.h>

/* Before the simulator has pinned anything: where may the process run? */
void affinity_note(void);

/* In a woken copy, before its threads exist. */
void affinity_begin(void);

/* In a thread that was made by another one. */
void affinity_inherit(pid_t maker);

/* What it is to be told: who the calling thread is, which makes one. 0: that does not matter. */
pid_t affinity_maker(void);

/* sched_getaffinity() and sched_setaffinity() as system calls, of a thread of this process; 0 is the calling
 * one. In such a replay they tell, and keep, what the simulator is to see. The mask is the simulator's
 * memory. Async-signal-safe. */
long affinity_get(pid_t tid, long size, long mask);
long affinity_set(pid_t tid, long size, long mask);

#endif
