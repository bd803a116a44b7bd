/* SPDX-License-Identifier: MIT */
/* The parked snapshot: see park.h. The kernel reports the original's end by PR_SET_PDEATHSIG, which
 * fires when the *thread* that cloned us ends; so the signal only says "look", and getppid() tells
 * whether the whole process is gone. The handler changes the futex word, so that a signal between the
 * look and the sleep is not lost: no polling. */
#define _GNU_SOURCE
#include "park.h"

#include <limits.h>
#include <linux/futex.h>
#include <stdatomic.h>
#include <sys/prctl.h>
#include <sys/syscall.h>
#include <time.h>

#include "../raw_syscall.h"
#include "../signal_mask.h"
#include "threads.h"

static struct shared_slot *own_slot;

static void hear_kernel(void)
{
    uint32_t expected = SLOT_SLEEP;

    if (own_slot != NULL)
        atomic_compare_exchange_strong(&own_slot->command, &expected, SLOT_LOOK);
}

static bool original_is_gone(const struct shared_page *page)
{
    return raw_syscall0(SYS_getppid) != page->original_pid;
}

/* What was sent to the whole process group meanwhile (Ctrl-C) was meant for the original. */
static void forget_signals(void)
{
    const uint64_t all = ~UINT64_C(0);
    const struct timespec now = {0, 0};

    while (raw_syscall4(SYS_rt_sigtimedwait, (long)&all, 0, (long)&now, sizeof all) > 0)
        continue;
}

enum park_reason park_wait(const struct shared_page *page, struct shared_slot *slot)
{
    uint32_t command;
    enum park_reason reason = PARK_WOKEN;

    own_slot = slot;
    threads_set_kernel_signal(hear_kernel);
    raw_syscall2(SYS_prctl, PR_SET_PDEATHSIG, THREADS_SIGNAL);
    signal_mask_restore(~(UINT64_C(1) << (THREADS_SIGNAL - 1)));
    while ((command = atomic_load(&slot->command)) != SLOT_WAKE) {
        if (command == SLOT_QUIT || original_is_gone(page)) {
            reason = command == SLOT_QUIT ? PARK_DISMISSED : PARK_ORPHANED;
            break;
        }
        if (command == SLOT_LOOK)
            /* Only a thread has ended. A WAKE that came meanwhile must survive this. */
            atomic_compare_exchange_strong(&slot->command, &command, SLOT_SLEEP);
        else
            raw_syscall4(SYS_futex, (long)&slot->command, FUTEX_WAIT, SLOT_SLEEP, 0);
    }
    signal_mask_block_all();
    forget_signals();
    threads_set_kernel_signal(NULL);
    own_slot = NULL;
    return reason;
}

/* All waiters, not one: a snapshot that was evicted from this slot and killed is in the kernel's queue until
 * it has been scheduled to die, and would swallow the only wake. */
static void command_slot(struct shared_slot *slot, enum slot_command command)
{
    atomic_store(&slot->command, command);
    raw_syscall3(SYS_futex, (long)&slot->command, FUTEX_WAKE, INT_MAX);
}

void park_wake(struct shared_slot *slot)
{
    command_slot(slot, SLOT_WAKE);
}

void park_dismiss(struct shared_slot *slot)
{
    command_slot(slot, SLOT_QUIT);
}
