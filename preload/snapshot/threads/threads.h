/* SPDX-License-Identifier: MIT */
/* Stops every other thread of the process for a snapshot, lets them go on, and in a woken copy makes
 * them anew on their own stacks. Neither fork() nor restarting start routines can do that without
 * hanging (a worker inside pthread_cond_wait leaves a dead waiter behind). Between threads_stop() and
 * threads_resume() nothing but raw system calls is allowed: a stopped thread may hold any lock. */
#ifndef LIGHTSSS_PRELOAD_SNAPSHOT_THREADS_THREADS_H
#define LIGHTSSS_PRELOAD_SNAPSHOT_THREADS_THREADS_H

#include <stdbool.h>
#include <stdint.h>

/* Optional, a moment before threads_stop(): asks the threads that are idle to stand by, so that stopping them
 * takes no time. They go on by themselves when they have something to do and at the latest after some
 * milliseconds, whether the stop comes or not. Returns how many were asked. */
unsigned threads_prepare(void);

/* Stops all other threads of this process. The caller has blocked all signals. Returns 0, or -errno
 * with *why set to a phrase that goes on "threads cannot be stopped: ": -EAGAIN means that trying
 * again later makes sense. On error nothing is stopped. */
int threads_stop(const char **why);

/* Lets the stopped threads go on: in the original, after the copy was made. */
void threads_resume(void);

/* Between stop and resume: would one of the stopped threads go on at an address that test() says true to? */
bool threads_any_at(bool (*test)(uintptr_t program_counter));

#endif
