/* SPDX-License-Identifier: MIT */
/* The side of a thread that is asked to stop or to stand by: the handler of THREADS_SIGNAL, and who else is
 * told by it. */
#ifndef LIGHTSSS_PRELOAD_SNAPSHOT_THREADS_THREADS_HANDLER_H
#define LIGHTSSS_PRELOAD_SNAPSHOT_THREADS_THREADS_HANDLER_H

#include <stdbool.h>
#include <stdint.h>

/* Sees to it that THREADS_SIGNAL comes to us. Returns 0 or -errno. */
int threads_handler_install(void);

/* What the signal's value holds for the record at this place. */
uintptr_t threads_handler_value(unsigned index);

/* How often the calling thread has been interrupted by a stop or to stand by. A call that had done a part of
 * its work by then has come back with that part, which nothing but a signal makes it do. */
unsigned threads_handler_interruptions(void);

/* Asked by a revived thread that is about to start a system call again that its snapshot interrupted: true,
 * the call ends with EINTR instead. May be NULL. Async-signal-safe functions only. */
void threads_handler_set_call_ender(bool (*ends)(void));

/* What is called where somebody asks for something (THREADS_REQUEST). May be NULL. Async-signal-safe
 * functions only. */
void threads_handler_set_request(void (*handler)(void));

/* A thread was made: with the first one glibc installs a handler of its own for THREADS_SIGNAL, which would
 * drop what is asked for until the next stop. */
void threads_handler_renew(void);

/* Called by the handler of THREADS_SIGNAL when the signal was sent by the kernel: a parked copy uses
 * it to hear of its original's end. May be NULL. Async-signal-safe functions only. */
void threads_handler_set_kernel_signal(void (*handler)(void *ucontext));

#endif
