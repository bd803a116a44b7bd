/* SPDX-License-Identifier: MIT */
/* Alternate signal stacks of the simulator's that have no room for the frame of the signal that stops a
 * thread: the kernel would end the process. Each thread notes its own. */
#ifndef LIGHTSSS_PRELOAD_SNAPSHOT_THREADS_SIGNAL_STACK_H
#define LIGHTSSS_PRELOAD_SNAPSHOT_THREADS_SIGNAL_STACK_H

#include <stdbool.h>
#include <stddef.h>
#include <sys/types.h>

/* The calling thread has an alternate signal stack of this size from now on; 0: none. */
void signal_stack_note(size_t size);

/* Has a thread of this process other than that one a stack that is too small? */
bool signal_stack_is_small(pid_t pid, pid_t but);

#endif
