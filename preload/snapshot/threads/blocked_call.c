/* SPDX-License-Identifier: MIT */
/* Repeats system calls that a snapshot's signal interrupted: see blocked_call.h. Which call it was, the
 * kernel has told a moment before the signal; a thread that has entered it since has noted it (call_note.h),
 * or its code tells. A relative timeout must not start anew at each snapshot, or a sleep longer than the
 * interval would never end: so it becomes a deadline. In libc's code the call is given the time that is left.
 * Elsewhere the registers with the arguments may still be in use behind the call, and the timeout of a socket
 * is no argument: then the handler waits in the place of the call (call_in_place.c). */
#define _GNU_SOURCE
#include "snapshot/threads/blocked_call.h"

#include <errno.h>
#include <linux/futex.h>
#include <linux/io_uring.h>
#include <stdatomic.h>
#include <stddef.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <sys/syscall.h>
#include <sys/time.h>

#include "base/clock.h"
#include "base/kernel.h"
#include "base/loaded_code.h"
#include "base/u64.h"
#include "snapshot/threads/call_in_place.h"
#include "snapshot/threads/call_note.h"
#include "snapshot/threads/call_row.h"
#include "snapshot/threads/frame_processor.h"

#define NO_MASK       (-1)
#define PACKED_MASK   5  /* the argument leads to an address and a size */
#define FIRST_OF_LIBC 32 /* SIGCANCEL, SIGSETXID: what they interrupt is none of the simulator's business */
#define LAST_OF_LIBC  33
#define RING_ABSOLUTE (1u << 5) /* IORING_ENTER_ABS_TIMER */

static const struct call_row calls[] = {
#define BLOCKED_CALL(name, timeout, argument, mask, over) {SYS_##name, timeout, argument, mask, over},
#include "snapshot/threads/blocked_calls.def"
#undef BLOCKED_CALL
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
    memcpy(call->argument, value, sizeof call->argument);
    call->stack_pointer = value[6];
    call->program_counter = value[7];
}

/* --- which call it is --- */

static bool is_in_library(uintptr_t program_counter)
{
    return loaded_code_is_libc(program_counter) || frame_is_in_call(program_counter);
}

/* The same code, the same stack and the same arguments: the thread has not left it since. */
static bool is_as_told(const struct blocked_call *call, const void *ucontext, const struct frame *frame)
{
    if (call->number < 0 || frame->program_counter != call->program_counter ||
        frame->stack_pointer != call->stack_pointer)
        return false;
    for (unsigned i = 0; i < FRAME_ARGUMENTS; i++)
        if (frame_argument(ucontext, i) != call->argument[i])
            return false;
    return true;
}

static bool is_same_place(const struct repeated_call *repeated, const struct frame *frame)
{
    return repeated->row != NULL && repeated->program_counter == frame->program_counter &&
           repeated->stack_pointer == frame->stack_pointer;
}

/* Once a thread has been seen whose code does not tell, all are asked about. */
static atomic_bool some_do_not_tell;

bool blocked_call_is_to_ask(const struct blocked_call *call)
{
    return !call->tells || atomic_load_explicit(&some_do_not_tell, memory_order_relaxed);
}

/* The number of the call whose instruction ends here, where the thread itself knows; -1: it does not. */
static long told_number(struct blocked_call *call, const void *ucontext, uintptr_t behind,
                        uint64_t stack_pointer)
{
    bool in_library = is_in_library(behind);
    const struct call_note *note = in_library ? call_note_of(stack_pointer) : NULL;
    long number = note != NULL && note->is_exact ? note->number : frame_call_number(behind, in_library);

    if (number < 0 && in_library)
        number = frame_handed_number(ucontext, behind, loaded_code_is_libc);
    if (number < 0 && note != NULL)
        number = note->number;
    call->tells = number >= 0;
    if (number < 0)
        atomic_store_explicit(&some_do_not_tell, true, memory_order_relaxed);
    return number;
}

/* One that the kernel started again itself, after somebody had stopped the process, has the number of
 * restart_syscall. */
static const struct call_row *interrupted_call(struct blocked_call *call, const void *ucontext,
                                               const struct frame *frame)
{
    long number = told_number(call, ucontext, frame->program_counter, frame->stack_pointer);

    if (number < 0 && is_as_told(call, ucontext, frame) && call->number != SYS_restart_syscall)
        number = call->number;
    if (number < 0 && is_same_place(&own_thread()->repeated, frame))
        return own_thread()->repeated.row;
    return find_row(number);
}

/* --- its time --- */

static uint64_t timespec_ns(uint64_t address)
{
    const struct timespec *time = (const struct timespec *)address;

    return time == NULL ? CALL_ROW_FOR_EVER : (uint64_t)time->tv_sec * SECOND_NS + (uint64_t)time->tv_nsec;
}

static uint64_t timeval_ns(const struct timeval *time)
{
    return time == NULL ? CALL_ROW_FOR_EVER
                        : (uint64_t)time->tv_sec * SECOND_NS + (uint64_t)time->tv_usec * 1000u;
}

static uint64_t socket_ns(uint64_t fd, int option)
{
    struct timeval timeout = {0, 0};
    socklen_t size = sizeof timeout;

    if (raw_syscall5(SYS_getsockopt, (int)fd, SOL_SOCKET, option, &timeout, &size) < 0 ||
        (timeout.tv_sec == 0 && timeout.tv_usec == 0))
        return CALL_ROW_FOR_EVER;
    return timeval_ns(&timeout);
}

static uint64_t ring_ns(const void *ucontext)
{
    uint64_t flags = frame_argument(ucontext, 3);
    const struct io_uring_getevents_arg *extended =
        (const struct io_uring_getevents_arg *)frame_argument(ucontext, 4);

    if ((flags & IORING_ENTER_EXT_ARG) == 0 || (flags & RING_ABSOLUTE) != 0 || extended == NULL)
        return CALL_ROW_FOR_EVER;
    return timespec_ns(extended->ts);
}

/* How long this call would wait if it began now. */
static uint64_t timeout_ns(const struct call_row *row, const void *ucontext)
{
    uint64_t argument = frame_argument(ucontext, row->argument);

    switch ((enum timeout_kind)row->timeout) {
    case UPDATED_US:
        return timeval_ns((const struct timeval *)argument);
    case UPDATED:
    case TIMESPEC:
    case SLEEP:
        return timespec_ns(argument);
    case CLOCK_SLEEP:
        return frame_argument(ucontext, 1) == 0 ? timespec_ns(argument) : CALL_ROW_FOR_EVER;
    case MILLISECONDS:
        return (int)argument < 0 ? CALL_ROW_FOR_EVER : (uint64_t)(int)argument * MILLISECOND_NS;
    case FUTEX:
        return ((int)frame_argument(ucontext, 1) & FUTEX_CMD_MASK) == FUTEX_WAIT ? timespec_ns(argument)
                                                                                 : CALL_ROW_FOR_EVER;
    case RING:
        return ring_ns(ucontext);
    case RECEIVE:
        return socket_ns(argument, SO_RCVTIMEO);
    case SEND:
    case CONNECT:
        return socket_ns(argument, SO_SNDTIMEO);
    case KEPT:
        break;
    }
    return CALL_ROW_FOR_EVER;
}

/* What the kernel has just written of a sleep. */
static const struct timespec *rest_of_sleep(const struct call_row *row, const void *ucontext)
{
    if (row->timeout != SLEEP && row->timeout != CLOCK_SLEEP)
        return NULL;
    return (const struct timespec *)frame_argument(ucontext, row->argument + 1u);
}

static uint64_t own_sleeps(void)
{
    struct rusage usage = {.ru_nvcsw = 0};

    kernel_getrusage(RUSAGE_THREAD, &usage);
    return (uint64_t)usage.ru_nvcsw;
}

/* Or has the thread come out of that call, and is in another one at the same place with the same arguments?
 */
static bool is_same_call(const struct repeated_call *last, const struct call_row *row,
                         const struct frame *frame, uint64_t began_ns, uint64_t argument)
{
    if (last->row != row)
        return false;
    if (began_ns != 0)
        return last->began_ns == began_ns;
    return is_same_place(last, frame) && last->argument == argument && own_sleeps() - last->sleeps <= 1;
}

static uint64_t deadline_of(const struct repeated_call *last, const struct call_row *row,
                            const void *ucontext, const struct frame *frame, uint64_t began_ns,
                            uint64_t now_ns)
{
    uint64_t limit_ns = timeout_ns(row, ucontext);
    const struct timespec *rest = limit_ns == CALL_ROW_FOR_EVER ? NULL : rest_of_sleep(row, ucontext);

    if (rest != NULL)
        return u64_sum(now_ns, timespec_ns((uint64_t)rest));
    if (row->timeout == UPDATED || row->timeout == UPDATED_US)
        return u64_sum(now_ns, limit_ns);
    if (limit_ns != CALL_ROW_FOR_EVER &&
        is_same_call(last, row, frame, began_ns, frame_argument(ucontext, row->argument)))
        return last->deadline_ns;
    return u64_sum(began_ns != 0 ? began_ns : now_ns, limit_ns);
}

/* Or is the timeout an argument that may be changed? */
static bool is_made_in_place(const struct repeated_call *repeated)
{
    unsigned kind = repeated->row->timeout;

    return !repeated->is_in_place &&
           (kind >= RING || (!repeated->is_in_library && kind != UPDATED && kind != UPDATED_US));
}

/* The frame is about to make the call. */
static void set_time_left(struct repeated_call *repeated, void *ucontext)
{
    const struct call_row *row = repeated->row;

    if (repeated->deadline_ns == CALL_ROW_FOR_EVER)
        return;
    uint64_t left_ns = u64_difference(repeated->deadline_ns, clock_ns());
    if (is_made_in_place(repeated)) {
        if (left_ns == 0)
            frame_end_call(ucontext, call_in_place_over(row, ucontext));
    } else if (row->timeout == UPDATED) {
        *(struct timespec *)frame_argument(ucontext, row->argument) = kernel_timespec(left_ns);
    } else if (row->timeout == UPDATED_US) {
        *(struct timeval *)frame_argument(ucontext, row->argument) =
            (struct timeval){(time_t)(left_ns / SECOND_NS), (long)(left_ns % SECOND_NS / 1000u)};
    } else if (row->timeout == RING) {
        const struct io_uring_getevents_arg *extended =
            (const struct io_uring_getevents_arg *)frame_argument(ucontext, row->argument);
        *(struct timespec *)(uintptr_t)extended->ts = kernel_timespec(left_ns);
    } else if (row->timeout == MILLISECONDS) {
        frame_set_argument(ucontext, row->argument, (left_ns + MILLISECOND_NS - 1) / MILLISECOND_NS);
    } else {
        repeated->left = kernel_timespec(left_ns);
        frame_set_argument(ucontext, row->argument, (uint64_t)&repeated->left);
    }
    repeated->argument = frame_argument(ucontext, row->argument);
    repeated->sleeps = repeated->began_ns == 0 ? own_sleeps() : 0;
}

/* Has a second signal found the thread when it had left for that call, but not come to it? */
static bool is_still_to_come(const struct repeated_call *last, const void *ucontext,
                             const struct frame *frame)
{
    return last->row != NULL && frame->program_counter == last->begin_counter &&
           frame->stack_pointer == last->stack_pointer && frame->result == last->row->number &&
           frame_argument(ucontext, last->row->argument) == last->argument;
}

static void repeat(const struct call_row *row, void *ucontext, const struct frame *frame, bool in_library)
{
    struct repeated_call *repeated = &own_thread()->repeated;
    const struct repeated_call last = *repeated;
    const struct call_note *note = in_library ? call_note_of(frame->stack_pointer) : NULL;
    uint64_t began_ns = note != NULL && note->number == row->number ? note->began_ns : 0;
    struct frame begin;

    *repeated = (struct repeated_call){
        .row = row,
        .stack_pointer = frame->stack_pointer,
        .program_counter = frame->program_counter,
        .began_ns = began_ns,
        .deadline_ns = deadline_of(&last, row, ucontext, frame, began_ns, clock_ns()),
        .is_in_library = in_library,
        .is_in_place = frame_is_in_call(frame->program_counter),
    };
    own_thread()->repeats++;
    frame_repeat(ucontext, row->number);
    frame_read(ucontext, &begin);
    repeated->begin_counter = begin.program_counter;
    set_time_left(repeated, ucontext);
}

void blocked_call_repeat(struct blocked_call *call, void *ucontext)
{
    const struct call_row *row = NULL;
    struct frame frame;

    frame_read(ucontext, &frame);
    call->repeats = is_still_to_come(&own_thread()->repeated, ucontext, &frame);
    if (call->repeats)
        return;
    if (frame.result == -EINTR)
        row = interrupted_call(call, ucontext, &frame);
    else if (frame_next_call(ucontext) >= 0)
        told_number(call, ucontext, frame_behind_next_call(ucontext), frame.stack_pointer);
    else
        call->tells = true;
    call->repeats = row != NULL;
    if (row != NULL)
        repeat(row, ucontext, &frame, is_in_library(frame.program_counter));
}

/* --- signals that came late --- */

static const void *_Atomic left_out;

void blocked_call_leave_out(const void *handler)
{
    atomic_store(&left_out, handler);
}

static uint64_t bit(int signal)
{
    return UINT64_C(1) << (signal - 1);
}

static bool interrupts(int signal, bool restarts)
{
    struct kernel_action action;

    if (kernel_sigaction(signal, NULL, &action) < 0)
        return false;
    if (action.handler == (void *)SIG_DFL || action.handler == (void *)SIG_IGN ||
        action.handler == atomic_load(&left_out))
        return false;
    return !restarts || (action.flags & SA_RESTART) == 0;
}

/* One that was sent to the process may be another thread's as long as it waits: so it is taken, and sent
 * again to this thread alone. */
static bool claim(uint64_t set)
{
    siginfo_t info;
    int signal = kernel_sigtake(&set, &info);

    if (signal <= 0)
        return false;
    if (kernel_queue(signal, &info) < 0)
        kernel_tgkill(kernel_getpid(), kernel_gettid(), signal);
    return true;
}

/* Does one for a handler of the simulator's wait for this thread, that came while it stood still in ours, and
 * that neither of the masks holds back? Without the snapshot it would have interrupted the system call that
 * the thread was blocked in. Then it is the thread's for certain from now on. `restarts`: SA_RESTART would
 * start the call again. */
static bool late_signal_waits(uint64_t mask, uint64_t call_mask, bool restarts)
{
    uint64_t pending = kernel_sigpending(), set = 0;

    pending &= ~mask & ~call_mask & ~bit(FIRST_OF_LIBC) & ~bit(LAST_OF_LIBC);
    for (int signal = 1; pending >> (signal - 1) != 0; signal++) {
        if ((pending & bit(signal)) != 0 && interrupts(signal, restarts))
            set |= bit(signal);
        if (signal == 64)
            break;
    }
    return set != 0 && claim(set);
}

/* --- what has happened meanwhile --- */

/* Whoever changed the word has woken nobody: this thread was not waiting. */
static bool futex_has_changed(const void *ucontext)
{
    int operation = (int)frame_argument(ucontext, 1) & FUTEX_CMD_MASK;
    const uint32_t *word = (const uint32_t *)frame_argument(ucontext, 0);

    return (operation == FUTEX_WAIT || operation == FUTEX_WAIT_BITSET) &&
           __atomic_load_n(word, __ATOMIC_RELAXED) != (uint32_t)frame_argument(ucontext, 2);
}

static uint64_t mask_of_call(const struct call_row *row, const void *ucontext)
{
    const uint64_t *mask;

    if (row->mask == NO_MASK)
        return 0;
    mask = (const uint64_t *)frame_argument(ucontext, (unsigned)row->mask);
    if (row->mask == PACKED_MASK && mask != NULL)
        mask = (const uint64_t *)*mask;
    return mask == NULL ? 0 : *mask;
}

void blocked_call_go_on(struct blocked_call *call, void *ucontext)
{
    long number = frame_next_call(ucontext);
    const struct repeated_call kept = own_thread()->repeated;

    if (number < 0)
        return;
    const struct call_row *row = call->repeats ? kept.row : find_row(number);
    if (row == NULL)
        return;
    if (number == SYS_futex && futex_has_changed(ucontext))
        frame_end_call(ucontext, 0);
    else if (call->repeats)
        set_time_left(&own_thread()->repeated, ucontext);
    if (frame_next_call(ucontext) < 0)
        return;
    /* The last thing before the thread goes on: a signal that comes behind it, and before the thread is in
     * the call, is as one that comes a moment before the simulator makes its call. */
    if (late_signal_waits(frame_mask(ucontext), mask_of_call(row, ucontext), !call->repeats))
        frame_end_call(ucontext, -EINTR);
    else if (call->repeats && kept.deadline_ns != CALL_ROW_FOR_EVER && is_made_in_place(&kept))
        call_in_place(&kept, ucontext);
}

/* A snapshot may stop the thread in the middle of that, and leave word of another call. */
void blocked_call_around(void *ucontext, void (*function)(void *argument), void *argument)
{
    struct blocked_call call = {.number = -1};

    blocked_call_repeat(&call, ucontext);
    const struct repeated_call kept = own_thread()->repeated;
    function(argument);
    own_thread()->repeated = kept;
    blocked_call_go_on(&call, ucontext);
}
