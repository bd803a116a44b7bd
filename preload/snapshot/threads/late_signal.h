/* SPDX-License-Identifier: MIT */
/* A signal for a handler of the simulator's that came while its thread stood still in our handler. Without
 * the snapshot it would have interrupted the system call that the thread was blocked in. */
#ifndef LIGHTSSS_PRELOAD_SNAPSHOT_THREADS_LATE_SIGNAL_H
#define LIGHTSSS_PRELOAD_SNAPSHOT_THREADS_LATE_SIGNAL_H

#include <stdbool.h>
#include <stdint.h>

/* What comes to this handler, which is ours, interrupts nothing. */
void late_signal_leave_out(const void *handler);

/* Does one wait for this thread that neither of the masks holds back? Then it is the thread's for certain
 * from now on. `restarts`: SA_RESTART would start the call again. */
bool late_signal_waits(uint64_t mask, uint64_t mask_of_call, bool restarts);

#endif
