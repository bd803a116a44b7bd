/* SPDX-License-Identifier: MIT */
/* A system call that the handler of the stop makes in the place of the simulator's code, where it cannot be
 * given the time that is left in any other way. */
#ifndef LIGHTSSS_PRELOAD_SNAPSHOT_THREADS_CALL_IN_PLACE_H
#define LIGHTSSS_PRELOAD_SNAPSHOT_THREADS_CALL_IN_PLACE_H

#include "base/own_thread.h"
#include "snapshot/threads/call_row.h"

/* The last thing in the handler: the thread has signals, and may be stopped, in it. On a signal stack that is
 * not large enough nothing is done: then the call has all its time again, and a later snapshot ends it. */
void call_in_place(const struct repeated_call *call, void *ucontext);

/* What this call says when its time is over. */
long call_in_place_over(const struct call_row *row, const void *ucontext);

#endif
