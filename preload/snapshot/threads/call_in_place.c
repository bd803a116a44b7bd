/* SPDX-License-Identifier: MIT */
/* Calls in the handler: see call_in_place.h. A handler of the simulator's that interrupts one runs above
 * ours, and may leave by a jump; a stop that comes meanwhile starts the call again at a place where nothing
 * is lost. Of a socket only the waiting is done here: then the simulator's code makes its call. */
#define _GNU_SOURCE
#include "snapshot/threads/call_in_place.h"

#include <errno.h>
#include <linux/io_uring.h>
#include <poll.h>
#include <stddef.h>
#include <sys/socket.h>
#include <sys/syscall.h>

#include "base/clock.h"
#include "base/signal_mask.h"
#include "base/u64.h"
#include "snapshot/threads/call_note.h"
#include "snapshot/threads/frame_processor.h"

#define STACK_LEAST ((size_t)64 * 1024)

/* The arguments, and what they point to. */
struct changed {
    long argument[FRAME_ARGUMENTS];
    struct timespec left, rest;
    struct io_uring_getevents_arg extended;
    struct pollfd fd;
};

long call_in_place_over(const struct call_row *row, const void *ucontext)
{
    int family = 0;
    socklen_t size = sizeof family;

    if (row->timeout == CONNECT &&
        raw_syscall5(SYS_getsockopt, (int)frame_argument(ucontext, 0), SOL_SOCKET, SO_DOMAIN, &family,
                     &size) == 0 &&
        family == AF_UNIX)
        return -EAGAIN;
    return row->over;
}

static void change(struct changed *changed, const struct repeated_call *call, const void *ucontext)
{
    const uint64_t left_ns = u64_difference(call->deadline_ns, clock_ns());
    const struct call_row *row = call->row;

    for (unsigned i = 0; i < FRAME_ARGUMENTS; i++)
        changed->argument[i] = (long)frame_argument(ucontext, i);
    changed->left = kernel_timespec(left_ns);
    if (row->timeout == MILLISECONDS) {
        changed->argument[row->argument] = (long)((left_ns + MILLISECOND_NS - 1) / MILLISECOND_NS);
        return;
    }
    if (row->timeout == RING) {
        changed->extended = *(const struct io_uring_getevents_arg *)changed->argument[row->argument];
        changed->extended.ts = (uintptr_t)&changed->left;
        changed->argument[row->argument] = (long)&changed->extended;
        return;
    }
    if (row->timeout == SLEEP || row->timeout == CLOCK_SLEEP)
        changed->argument[row->argument + 1] = (long)&changed->rest;
    changed->argument[row->argument] = (long)&changed->left;
}

static long make(long number, const long arguments[FRAME_ARGUMENTS])
{
    return CALL_NOTED(number, true, frame_call(number, arguments));
}

/* With the simulator's mask, so that what interrupts the simulator's call interrupts this one. */
static void wait_for_socket(const struct repeated_call *call, void *ucontext)
{
    const uint64_t mask = frame_mask(ucontext) & ~signal_mask_never;
    struct changed changed = {
        .left = kernel_timespec(u64_difference(call->deadline_ns, clock_ns())),
        .fd = {.fd = (int)frame_argument(ucontext, 0),
               .events = call->row->timeout == RECEIVE ? POLLIN : POLLOUT},
    };
    const long arguments[FRAME_ARGUMENTS] = {
        (long)&changed.fd, 1, (long)&changed.left, (long)&mask, sizeof mask, 0,
    };

    long r = make(SYS_ppoll, arguments);
    if (r == 0)
        frame_end_call(ucontext, call_in_place_over(call->row, ucontext));
    else if (r == -EINTR)
        frame_end_call(ucontext, r);
}

static void wait_here(const struct repeated_call *call, void *ucontext)
{
    const struct call_row *row = call->row;
    struct changed changed;

    change(&changed, call, ucontext);
    signal_mask_restore(frame_mask(ucontext));
    long r = make(row->number, changed.argument);
    signal_mask_block_all();
    bool sleeps = row->timeout == SLEEP || row->timeout == CLOCK_SLEEP;
    struct timespec *rest = sleeps ? (struct timespec *)frame_argument(ucontext, row->argument + 1u) : NULL;
    if (r == -EINTR && rest != NULL)
        *rest = changed.rest;
    frame_end_call(ucontext, r);
}

void call_in_place(const struct repeated_call *call, void *ucontext)
{
    if (frame_alternate_stack(ucontext) < STACK_LEAST)
        return;
    if (call->row->timeout >= RECEIVE)
        wait_for_socket(call, ucontext);
    else
        wait_here(call, ucontext);
}
