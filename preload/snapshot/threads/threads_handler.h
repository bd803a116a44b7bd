/* SPDX-License-Identifier: MIT */
/* The side of a thread that is asked to stop or to stand by: the handler of THREADS_SIGNAL, and who else is
 * told by it. */
#ifndef LIGHTSSS_PRELOAD_SNAPSHOT_THREADS_THREADS_HANDLER_H
#define LIGHTSSS_PRELOAD_SNAPSHOT_THREADS_THREADS_HANDLER_H

#include <stdbool.h>

#include "snapshot/threads/threads_signal.h"

/* Sees to it that THREADS_SIGNAL comes to us. Returns 0 or -errno. */
int threads_handler_install(void);

/* Whom the handler asks or tells; NULL: nobody. Async-signal-safe functions only. */
extern struct threads_handler_listeners {
    /* A revived thread is about to start a system call again that its snapshot interrupted: true, the call
     * ends with EINTR instead. */
    bool (*_Atomic ends_call)(void);
    enum threads_answer (*_Atomic request)(void);  /* somebody asks for something (THREADS_REQUEST) */
    void (*_Atomic kernel_signal)(void *ucontext); /* a parked copy hears so of its original's end */
} threads_handler_listeners;

/* A thread was made: with the first one glibc installs a handler of its own for THREADS_SIGNAL, which would
 * drop what is asked for until the next stop. */
void threads_handler_renew(void);

#endif
