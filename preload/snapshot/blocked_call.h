/* SPDX-License-Identifier: MIT */
/* A system call that a thread was blocked in when a snapshot stopped it. SA_RESTART does not cover
 * poll, select, epoll_wait, the sleeps and some others: they would end with EINTR, and the
 * simulator would see it. Here they are started again, with the time that was left. */
#ifndef LIGHTSSS_BLOCKED_CALL_H
#define LIGHTSSS_BLOCKED_CALL_H

#include <stdbool.h>
#include <stdint.h>
#include <time.h>

struct blocked_call {
    long number; /* < 0: the thread was not in a system call */
    uint64_t stack_pointer;
    uint64_t program_counter;

    /* What this module remembers between two stops of the same thread. */
    struct timespec left;    /* timeout that the repeated call waits for; the kernel reads it here */
    int left_ms;             /* the same for calls that take milliseconds */
    uint64_t repeated_frame; /* stack pointer of the call repeated last, 0: none */
    uint64_t repeated_at_ns; /* when; CLOCK_MONOTONIC */
};

/* Parses a line of /proc/self/task/T/syscall ("0 0x3 ... sp pc"; "running") into *call. */
void blocked_call_parse(struct blocked_call *call, const char *line);

/* In the signal handler of the stopped thread: make the call start again if it was interrupted. */
void blocked_call_repeat(struct blocked_call *call, void *ucontext);

#endif
