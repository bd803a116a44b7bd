/* SPDX-License-Identifier: MIT */
/* A system call that a thread was blocked in when a snapshot stopped it. SA_RESTART does not cover
 * poll, select, epoll_wait, the sleeps and some others: they would end with EINTR, and the
 * simulator would see it. Here they are started again, with the time that was left. */
#ifndef LIGHTSSS_PRELOAD_SNAPSHOT_THREADS_BLOCKED_CALL_H
#define LIGHTSSS_PRELOAD_SNAPSHOT_THREADS_BLOCKED_CALL_H

#include <stdbool.h>
#include <stdint.h>

struct blocked_call {
    /* As the kernel told a moment before the signal. */
    long number; /* < 0: the thread was not in a system call */
    uint64_t argument[6];
    uint64_t stack_pointer;
    uint64_t program_counter;

    bool repeats; /* the thread is about to make that call again */
    bool tells;   /* at the last stop its code, or a note of its own, told which call it was in, if any */
};

/* Parses a line of /proc/self/task/T/syscall ("0 0x3 ... sp pc"; "running") into *call. */
void blocked_call_parse(struct blocked_call *call, const char *line);

/* Must the kernel be asked which call the thread is in? It takes as long as the rest of a stop. */
bool blocked_call_is_to_ask(const struct blocked_call *call);

/* In the signal handler of the stopped thread: make the call start again if it was interrupted. */
void blocked_call_repeat(struct blocked_call *call, void *ucontext);

/* Before the thread leaves the handler to make that call, or one that the kernel itself starts again: takes
 * off the time that has passed meanwhile, and ends the call where that, or a signal, has ended it. */
void blocked_call_go_on(struct blocked_call *call, void *ucontext);

/* A signal that waited meanwhile ends the call, but for what comes to this handler, which is ours. */
void blocked_call_leave_out(const void *handler);

/* Both, around what the handler of another signal does that is ours alone. */
void blocked_call_around(void *ucontext, void (*function)(void *argument), void *argument);

#endif
