/* SPDX-License-Identifier: MIT */
/* Ids of processes, as a replay is told them: see ids.c. */
#ifndef LIGHTSSS_PRELOAD_INTERPOSE_IDS_H
#define LIGHTSSS_PRELOAD_INTERPOSE_IDS_H

#include <signal.h>
#include <sys/types.h>

/* Before the hooks are in place: finds out where libc's code is. */
void ids_prepare(void);

/* In a replay: the kernel's id of the thread that has this one in the original. */
pid_t ids_true_tid(pid_t told);

/* In a replay: a signal from itself to one of its threads (0: to the process), as if the original sent it.
 * Returns 0 or -errno. */
int ids_send(pid_t tid, int signal, int code, union sigval value);

#endif
