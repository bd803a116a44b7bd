/* SPDX-License-Identifier: MIT */
/* Notes of calls that may block: see call_note.h. */
#define _GNU_SOURCE
#include "snapshot/threads/call_note.h"

#include <linux/futex.h>
#include <stddef.h>
#include <sys/syscall.h>

#define FRAMES_MAX 1024u /* what libc's functions have on the stack between our hook and the system call */

atomic_bool call_note_sockets;

/* Has it a timeout that counts from its beginning? A pointer is not followed: the kernel has not looked at it
 * yet. */
static bool is_timed(long number, const long arguments[5])
{
    switch (number) {
    case SYS_futex:
        return (arguments[1] & FUTEX_CMD_MASK) == FUTEX_WAIT && arguments[3] != 0;
#ifdef SYS_poll
    case SYS_poll:
        return (int)arguments[2] > 0;
    case SYS_epoll_wait:
#endif
    case SYS_epoll_pwait:
        return (int)arguments[3] > 0;
    case SYS_epoll_pwait2:
    case SYS_semtimedop:
        return arguments[3] != 0;
    case SYS_rt_sigtimedwait:
        return arguments[2] != 0;
    case SYS_io_getevents:
    case SYS_io_pgetevents:
    case SYS_io_uring_enter:
        return arguments[4] != 0;
    case SYS_nanosleep:
        return true;
    case SYS_clock_nanosleep:
        return arguments[1] == 0;
    default:
        return atomic_load_explicit(&call_note_sockets, memory_order_relaxed);
    }
}

void call_note_raw(long number, const long arguments[5], uintptr_t stack_pointer)
{
    own_thread()->note = (struct call_note){
        .number = number,
        .stack_pointer = stack_pointer,
        .began_ns = is_timed(number, arguments) ? clock_ns() : 0,
        .is_exact = true,
    };
}

const struct call_note *call_note_of(uintptr_t stack_pointer)
{
    const struct call_note *own = &own_thread()->note;
    uintptr_t noted = own->stack_pointer;

    if (own->is_exact ? noted == stack_pointer : stack_pointer < noted && noted - stack_pointer < FRAMES_MAX)
        return own;
    return NULL;
}
