/* SPDX-License-Identifier: MIT */
/* Makes the stopped threads anew in a woken copy, and knows which of its threads was which. */
#ifndef LIGHTSSS_PRELOAD_SNAPSHOT_THREADS_THREADS_REVIVE_H
#define LIGHTSSS_PRELOAD_SNAPSHOT_THREADS_THREADS_REVIVE_H

#include <pthread.h>
#include <sys/types.h>

struct record;

/* The first thing a revived thread does, all signals blocked, still inside the handler. */
void threads_revive_self(struct record *record);

/* In a copy, whose only thread is the caller's: makes the stopped threads anew and lets them go on.
 * Returns 0 or -errno of the clone that failed. */
int threads_revive(void);

/* Before that: the threads are to run wherever the caller may. Each calls this with the mask of processors
 * that its original was pinned to; size <= 0: it is not known. */
void threads_revive_set_unpinned(void (*tell)(const unsigned long *affinity, long size));

/* In a woken copy: kernel thread id that serves this pthread; 0 where the pthread's own id is right
 * (not a copy, or a thread made after the wake). */
pid_t threads_revive_tid(pthread_t thread);

/* The same for a thread that had this id in the original; 0: there is none. */
pid_t threads_revive_by_tid(pid_t old_tid);

/* The word in which glibc keeps that pthread's own id; NULL where threads_revive_tid() says 0. */
int *threads_revive_tid_word(pthread_t thread);

#endif
