/* SPDX-License-Identifier: MIT */
/* Stops every other thread of the process for a snapshot, lets them go on, and in a woken copy makes
 * them anew on their own stacks. Neither fork() nor restarting start routines can do that without
 * hanging (a worker inside pthread_cond_wait leaves a dead waiter behind). Between threads_stop() and
 * threads_resume() nothing but raw system calls is allowed: a stopped thread may hold any lock. */
#ifndef LIGHTSSS_PRELOAD_SNAPSHOT_THREADS_THREADS_H
#define LIGHTSSS_PRELOAD_SNAPSHOT_THREADS_THREADS_H

#include <pthread.h>
#include <stdbool.h>
#include <stdint.h>
#include <sys/types.h>

#define THREADS_MAX 512

/* glibc keeps this signal for itself (SIGSETXID) and therefore lets nobody block it. */
#define THREADS_SIGNAL 33

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

/* In a copy, whose only thread is the caller's: makes the stopped threads anew and lets them go on.
 * Returns 0 or -errno of the clone that failed. */
int threads_revive(void);

/* Before that: the threads are to run wherever the caller may. Each calls this with the mask of processors
 * that its original was pinned to; size <= 0: it is not known. */
void threads_set_unpinned(void (*tell)(const unsigned long *affinity, long size));

/* In a woken copy: kernel thread id that serves this pthread; 0 where the pthread's own id is right
 * (not a copy, or a thread made after the wake). */
pid_t threads_revived_tid(pthread_t thread);

/* The same for a thread that had this id in the original; 0: there is none. */
pid_t threads_revived_by_tid(pid_t old_tid);

/* The word in which glibc keeps that pthread's own id; NULL where threads_revived_tid() says 0. */
int *threads_tid_word(pthread_t thread);

/* How often the calling thread has been interrupted by a stop or to stand by. A call that had done a part of
 * its work by then has come back with that part, which nothing but a signal makes it do. */
unsigned threads_interruptions(void);

/* Asked by a revived thread that is about to start a system call again that its snapshot interrupted: true,
 * the call ends with EINTR instead. May be NULL. Async-signal-safe functions only. */
void threads_set_call_ender(bool (*ends)(void));

/* The value with which anybody may send THREADS_SIGNAL to ask for something, and what is called then. May be
 * NULL. Async-signal-safe functions only. */
#define THREADS_REQUEST 0x6c5753
void threads_set_request(void (*handler)(void));

/* A thread was made: with the first one glibc installs a handler of its own for THREADS_SIGNAL, which would
 * drop what is asked for until the next stop. */
void threads_made(void);

/* Called by the handler of THREADS_SIGNAL when the signal was sent by the kernel: a parked copy uses
 * it to hear of its original's end. May be NULL. Async-signal-safe functions only. */
void threads_set_kernel_signal(void (*handler)(void *ucontext));

#endif
