/* SPDX-License-Identifier: MIT */
/* Signals that came late: see late_signal.h. One that was sent to the process may be another thread's as long
 * as it waits: so it is taken, and sent again to this thread alone. */
#define _GNU_SOURCE
#include "snapshot/threads/late_signal.h"

#include <signal.h>
#include <stdatomic.h>
#include <stddef.h>
#include <sys/syscall.h>
#include <time.h>

#include "base/raw_syscall.h"
#include "snapshot/threads/thread_processor.h"

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
    struct thread_signal_action action = {NULL, 0, NULL, 0};

    if (raw_syscall4(SYS_rt_sigaction, signal, 0, (long)&action, sizeof action.mask) < 0)
        return false;
    if (action.handler == (void *)SIG_DFL || action.handler == (void *)SIG_IGN ||
        action.handler == atomic_load(&ours))
        return false;
    return !restarts || (action.flags & SA_RESTART) == 0;
}

static bool keep_for_us(uint64_t set)
{
    const struct timespec now = {0, 0};
    siginfo_t info;

    long signal = raw_syscall4(SYS_rt_sigtimedwait, (long)&set, (long)&info, (long)&now, sizeof set);
    if (signal <= 0)
        return false;
    long pid = raw_syscall0(SYS_getpid), tid = raw_syscall0(SYS_gettid);
    if (raw_syscall4(SYS_rt_tgsigqueueinfo, pid, tid, signal, (long)&info) < 0)
        raw_syscall3(SYS_tgkill, pid, tid, signal);
    return true;
}

bool late_signal_waits(uint64_t mask, uint64_t mask_of_call, bool restarts)
{
    uint64_t pending = 0, set = 0;

    raw_syscall2(SYS_rt_sigpending, (long)&pending, sizeof pending);
    pending &= ~mask & ~mask_of_call & ~bit(FIRST_OF_LIBC) & ~bit(LAST_OF_LIBC);
    for (int signal = 1; pending >> (signal - 1) != 0; signal++) {
        if ((pending & bit(signal)) != 0 && interrupts(signal, restarts))
            set |= bit(signal);
        if (signal == 64)
            break;
    }
    return set != 0 && keep_for_us(set);
}
