/* SPDX-License-Identifier: MIT */
/* The keeper's lock: whoever has it takes a snapshot, looks after those that there are, or ends the process.
 * A thread that has it already may take it again; it has it once all the same. */
#ifndef LIGHTSSS_PRELOAD_SNAPSHOT_KEEPER_LOCK_H
#define LIGHTSSS_PRELOAD_SNAPSHOT_KEEPER_LOCK_H

#include <stdbool.h>

/* In an original, and in a copy that goes on: whoever had it is not there. */
void keeper_lock_begin(void);

/* Waits until no other thread is in keeper_look(), and keeps them out from then on. Must be called where the
 * thread can still be stopped: a snapshot that is under way waits for it. */
void keeper_lock(void);
void keeper_lock_leave(void);

/* The same, for who may hold a lock of the simulator that keeper_look() needs, or be in keeper_look() itself.
 * False: it is held by this thread, or by another for too long. */
bool keeper_lock_try(void);

/* The same as keeper_lock(), before a thread ends the process ... */
void keeper_lock_to_end(void);

/* A thread begins to exit: waits for the snapshot that is under way, and for some time no other is to begin.
 */
void keeper_lock_exit_begins(void);

/* Has a thread come to do one of these, be it that it still waits? */
bool keeper_lock_is_ending(void);

#endif
