/* SPDX-License-Identifier: MIT */
/* Repeats system calls that a snapshot's signal interrupted: see blocked_call.h. A relative timeout
 * must not start anew at each snapshot, or a sleep longer than the interval would never end: from the
 * second stop on, the time that passed since we repeated the call is taken off. */
#define _GNU_SOURCE
#include "blocked_call.h"

#include <errno.h>
#include <stddef.h>
#include <stdlib.h>
#include <sys/syscall.h>

#include "../clock.h"
#include "threads_processor.h"

enum timeout_kind {
    TIMEOUT_KEPT,         /* none, absolute, or the kernel writes what is left back to the caller */
    TIMEOUT_TIMESPEC,     /* a pointer to a relative struct timespec, which the kernel does not update */
    TIMEOUT_SLEEP,        /* the same, with a pointer for what is left as the next argument */
    TIMEOUT_MILLISECONDS, /* a plain number, negative: for ever */
};

struct call_row {
    short number;
    unsigned char timeout; /* enum timeout_kind */
    unsigned char argument;
};

/* Calls that end with EINTR when a handler has run, whatever SA_RESTART says: signal(7). */
static const struct call_row calls[] = {
#ifdef SYS_poll
    {SYS_poll, TIMEOUT_MILLISECONDS, 2},
    {SYS_select, TIMEOUT_KEPT, 0},
    {SYS_epoll_wait, TIMEOUT_MILLISECONDS, 3},
    {SYS_pause, TIMEOUT_KEPT, 0},
#endif
    {SYS_ppoll, TIMEOUT_KEPT, 0},
    {SYS_pselect6, TIMEOUT_KEPT, 0},
    {SYS_epoll_pwait, TIMEOUT_MILLISECONDS, 3},
    {SYS_epoll_pwait2, TIMEOUT_TIMESPEC, 3},
    {SYS_nanosleep, TIMEOUT_SLEEP, 0},
    {SYS_clock_nanosleep, TIMEOUT_SLEEP, 2},
    {SYS_futex, TIMEOUT_KEPT, 0}, /* glibc's futex timeouts are absolute */
    {SYS_rt_sigsuspend, TIMEOUT_KEPT, 0},
    {SYS_rt_sigtimedwait, TIMEOUT_TIMESPEC, 2},
    {SYS_semtimedop, TIMEOUT_TIMESPEC, 3},
    {SYS_io_getevents, TIMEOUT_TIMESPEC, 4},
};

static const struct call_row *find_row(long number)
{
    for (size_t i = 0; i < sizeof calls / sizeof *calls; i++)
        if (calls[i].number == number)
            return &calls[i];
    return NULL;
}

void blocked_call_parse(struct blocked_call *call, const char *line)
{
    uint64_t value[8];
    char *end;

    call->number = -1;
    if (*line < '0' || *line > '9')
        return;
    long number = strtol(line, &end, 10);
    for (unsigned i = 0; i < 8; i++) {
        if (*end != ' ')
            return;
        value[i] = strtoull(end + 1, &end, 16);
    }
    call->number = number;
    call->stack_pointer = value[6];
    call->program_counter = value[7];
}

static uint64_t to_ns(const struct timespec *time)
{
    return (uint64_t)time->tv_sec * 1000000000u + (uint64_t)time->tv_nsec;
}

static void repeat_timespec(struct blocked_call *call, const struct call_row *row, void *ucontext,
                            uint64_t elapsed_ns)
{
    const struct timespec *given = (const struct timespec *)thread_frame_argument(ucontext, row->argument);

    if (given == NULL)
        return;
    if (row->timeout == TIMEOUT_SLEEP) {
        const struct timespec *rest =
            (const struct timespec *)thread_frame_argument(ucontext, row->argument + 1u);
        bool absolute = row->number == SYS_clock_nanosleep && thread_frame_argument(ucontext, 1) != 0;

        if (absolute)
            return;
        if (rest != NULL) {
            call->left = *rest; /* the kernel has just written it */
            elapsed_ns = 0;
            given = &call->left;
        }
    }
    uint64_t left_ns = to_ns(given);
    if (given == &call->left)
        left_ns = left_ns > elapsed_ns ? left_ns - elapsed_ns : 0;
    call->left.tv_sec = (time_t)(left_ns / 1000000000u);
    call->left.tv_nsec = (long)(left_ns % 1000000000u);
    thread_frame_set_argument(ucontext, row->argument, (uint64_t)&call->left);
}

static void repeat_milliseconds(struct blocked_call *call, const struct call_row *row, void *ucontext,
                                uint64_t elapsed_ns, bool again)
{
    int given = (int)thread_frame_argument(ucontext, row->argument);

    if (given < 0)
        return;
    if (again && given == call->left_ms) {
        uint64_t elapsed_ms = elapsed_ns / 1000000u;
        given = elapsed_ms < (uint64_t)given ? given - (int)elapsed_ms : 0;
    }
    call->left_ms = given;
    thread_frame_set_argument(ucontext, row->argument, (uint64_t)given);
}

/* /proc was read a moment before the signal: where the thread sat in the call then, that is certain. A thread
 * that has entered the call since is known by its code only. */
static const struct call_row *interrupted_call(const struct blocked_call *call, const void *ucontext,
                                               const struct thread_frame *frame)
{
    if (frame->result != -EINTR)
        return NULL;
    if (call->number >= 0 && frame->program_counter == call->program_counter &&
        frame->stack_pointer == call->stack_pointer)
        return find_row(call->number);
    return find_row(thread_frame_call_number(ucontext));
}

void blocked_call_repeat(struct blocked_call *call, void *ucontext)
{
    struct thread_frame frame;

    thread_frame_read(ucontext, &frame);
    bool again = call->repeated_frame == frame.stack_pointer;
    const struct call_row *row = interrupted_call(call, ucontext, &frame);
    call->repeated_frame = 0;
    if (row == NULL)
        return;
    uint64_t now_ns = clock_ns();
    uint64_t elapsed_ns = now_ns - call->repeated_at_ns;
    if (row->timeout == TIMEOUT_TIMESPEC || row->timeout == TIMEOUT_SLEEP)
        repeat_timespec(call, row, ucontext, elapsed_ns);
    else if (row->timeout == TIMEOUT_MILLISECONDS)
        repeat_milliseconds(call, row, ucontext, elapsed_ns, again);
    call->repeated_frame = frame.stack_pointer;
    call->repeated_at_ns = now_ns;
    thread_frame_repeat(ucontext, row->number);
}
