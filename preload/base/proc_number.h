/* SPDX-License-Identifier: MIT */
/* Numbers of processes and threads in /proc. Mostly they are those that we know; where /proc belongs to
 * another PID namespace than ours (unshare --pid without --mount-proc), they are others. Async-signal-safe.
 */
#ifndef LIGHTSSS_PRELOAD_BASE_PROC_NUMBER_H
#define LIGHTSSS_PRELOAD_BASE_PROC_NUMBER_H

#include <stdbool.h>
#include <sys/types.h>

bool proc_number_is_foreign(void);

/* What /proc calls this process, where it is foreign; -1: nobody knows. */
pid_t proc_number_of_process(pid_t pid);

/* Our number of a thread that is listed in this directory of tasks, where /proc is foreign; -1: it is gone.
 */
pid_t proc_number_of_thread(const char *tasks, int listed);

#endif
