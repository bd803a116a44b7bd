/* SPDX-License-Identifier: MIT */
/* Signals that came late: see late_signal.h. One that was sent to the process may be another thread's as long
 * as it waits: so it is taken, and sent again to this thread alone. */
#define _GNU_SOURCE
#include "snapshot/threads/late_signal.h"

#include <signal.h>
#include <stdatomic.h>
#include <stddef.h>

#include "base/kernel.h"

#define FIRST_OF_LIBC 32 /* SIGCANCEL, SIGSETXID: what they interrupt is none of the simulator's business */
#define LAST_OF_LIBC  33

static const void *_Atomic ours;

void late_signal_leave_out(const void *handler)
{
    atomic_store(&ours, handler);
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
        action.handler == atomic_load(&ours))
        return false;
    return !restarts || (action.flags & SA_RESTART) == 0;
}

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

bool late_signal_waits(uint64_t mask, uint64_t mask_of_call, bool restarts)
{
    uint64_t pending = kernel_sigpending(), set = 0;

    pending &= ~mask & ~mask_of_call & ~bit(FIRST_OF_LIBC) & ~bit(LAST_OF_LIBC);
    for (int signal = 1; pending >> (signal - 1) != 0; signal++) {
        if ((pending & bit(signal)) != 0 && interrupts(signal, restarts))
            set |= bit(signal);
        if (signal == 64)
            break;
    }
    return set != 0 && claim(set);
}
