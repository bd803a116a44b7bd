/* SPDX-License-Identifier: MIT */
/* Ids of processes and threads, as a replay is told them: it has those of the original. What it does to
 * "itself" by such an id is done to the replay, and nothing is done to anybody else. */
#ifndef LIGHTSSS_PRELOAD_RECORD_IDENTITY_H
#define LIGHTSSS_PRELOAD_RECORD_IDENTITY_H

#include <pthread.h>
#include <signal.h>
#include <stdbool.h>
#include <sys/types.h>

#include "run/role.h"

/* Is this a replay, which has the original's ids? */
static inline bool identity_is_told(void)
{
    return role_kind() == ROLE_REPLAY;
}

/* On a thread that has just been made: keeps its id, or learns what it was in the original. */
void identity_begin_thread(void);

/* In a replay, the id that the calling thread has in the original; 0: not known. */
pid_t identity_told_tid(void);

/* In a replay, the kernel's id of the thread that has this one in the original. */
pid_t identity_true_tid(pid_t told);

/* In a replay, the kernel's id of the thread; 0: it is none that was revived, nor one of the last that were
 * made since the wake. */
pid_t identity_tid_of(pthread_t thread);

/* Is this the id of the calling process, or in a replay that of its original? */
bool identity_is_process(pid_t pid);

/* Does a signal to this id come to the calling process? Of its own group (0) a replay is all that is left. */
bool identity_is_itself(pid_t pid);

/* In a replay, of a signal from itself to itself: is nothing to be sent? 0 is none. Nobody would see it end
 * of SIGKILL: then this does not return. A stop is taken for one that is over: the original has gone on, and
 * nobody is there to wake the replay. */
bool identity_sees_to(long signal);

/* In a replay: a signal from itself to one of its threads (0: to the process), as if the original sent it.
 * Returns 0 or -errno. */
int identity_send(pid_t tid, int signal, int code, union sigval value);

#endif
