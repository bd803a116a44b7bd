/* SPDX-License-Identifier: MIT */
/* The parked snapshot: see park.h. The kernel reports the original's end by PR_SET_PDEATHSIG, which
 * fires when the *thread* that cloned us ends; so the signal only says "look", and getppid() tells
 * whether the whole process is gone. The handler changes the futex word, so that a signal between the
 * look and the sleep is not lost: no polling, but for where the signal may not come, and for an original that
 * becomes another program. */
#define _GNU_SOURCE
#include "snapshot/park.h"

#include <limits.h>
#include <linux/capability.h>
#include <linux/futex.h>
#include <signal.h>
#include <stdatomic.h>
#include <stdbool.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/syscall.h>

#include "base/clock.h"
#include "base/kernel.h"
#include "base/other_process.h"
#include "base/procfs.h"
#include "base/signal_mask.h"
#include "base/text.h"
#include "base/u64.h"
#include "run/back.h"
#include "run/card.h"
#include "snapshot/threads/threads_handler.h"
#include "snapshot/threads/threads_signal.h"

#define HANG_LOOKS 8u /* in the time that makes a hang */

#define PROGRAM_LOOK_NS (2 * SECOND_NS)
#define AUXILIARY_SIZE  1024
#define DEAF_NS         (SECOND_NS / 2) /* between looks, where the kernel does not report the original's end */

static struct shared_slot *own_slot;

static void hear_kernel(void *ucontext)
{
    uint32_t expected = SLOT_SLEEP;

    (void)ucontext;
    atomic_compare_exchange_strong(&own_slot->command, &expected, SLOT_LOOK);
}

/* A snapshot's copy has ended: nobody else can bury it. */
static void reap_copies(struct shared_page *page)
{
    int32_t ended;

    while ((ended = other_process_reap(-1, NULL, NULL)) > 0)
        atomic_compare_exchange_strong(&page->asked_pid, &ended, 0);
}

/* Is it for this one to replay a hang behind that eval? Since when it hangs each has seen at another time,
 * and two that disagree would wait for each other for ever: so the present counts. */
static bool is_chosen(struct shared_page *page, const struct shared_slot *slot,
                      const struct park_patience *patience, uint64_t evals, uint64_t now_ns)
{
    const struct back_end end = {evals, u64_difference(now_ns, patience->hang_ns)};

    return back_choose(patience->options, page, &end, other_process_is_over) == slot;
}

/* Somebody who stops it with a signal or a debugger does not make it hang. */
static bool is_stopped(pid_t pid)
{
    char state = other_process_state(pid);

    return state == 'T' || state == 't';
}

bool park_is_asked(const struct shared_page *page)
{
    pid_t pid = atomic_load(&page->asked_pid);

    return pid == SHARED_PAGE_COMING || (pid > 0 && !other_process_is_over(pid));
}

/* Has it been too long since the original began an eval? Told once for each time, and one at a time: where
 * evals take longer than that again and again, replays would be more and more. */
static bool is_still(struct shared_page *page, const struct shared_slot *slot,
                     const struct park_patience *patience)
{
    static uint64_t evals, since_ns;
    uint64_t now = patience->evals(), now_ns = clock_ns();

    if (since_ns == 0 || now != evals || is_stopped(page->original_pid)) {
        evals = now;
        since_ns = now_ns;
    }
    if (now_ns < since_ns + patience->hang_ns || atomic_load(&page->still_evals) == now ||
        atomic_load(&page->ending) != 0 || park_is_asked(page) ||
        !is_chosen(page, slot, patience, now, now_ns))
        return false;
    return atomic_exchange(&page->still_evals, now) != now; /* what the next second tells may be another */
}

static long read_auxiliary(pid_t pid, char *bytes, size_t size)
{
    pid_t number = procfs_is_foreign() ? procfs_number_of_process(pid) : pid;
    char path[32];

    text_print(path, sizeof path, "/proc/%d/auxv", number);
    return procfs_read(path, bytes, size);
}

/* Has the original become another program without a call that we stand in front of? What the kernel tells a
 * program at its start holds addresses that it takes anew each time. Asked now and then. */
static bool is_other_program(const struct shared_page *page)
{
    static uint64_t looked_ns;
    char own[AUXILIARY_SIZE], other[AUXILIARY_SIZE];
    uint64_t now_ns = clock_ns();

    if (looked_ns == 0)
        looked_ns = now_ns;
    if (now_ns < looked_ns + PROGRAM_LOOK_NS)
        return false;
    looked_ns = now_ns;
    long own_size = read_auxiliary(kernel_getpid(), own, sizeof own);
    long other_size = read_auxiliary(page->original_pid, other, sizeof other);
    return own_size > 0 && other_size > 0 &&
           (own_size != other_size || memcmp(own, other, (size_t)own_size) != 0);
}

static enum park_reason sleep_until_reason(struct shared_page *page, struct shared_slot *slot,
                                           const struct park_patience *patience, bool hears)
{
    uint64_t look_ns = hears ? PROGRAM_LOOK_NS : DEAF_NS;
    uint32_t command;

    if (patience->hang_ns >= HANG_LOOKS)
        look_ns = u64_min(look_ns, patience->hang_ns / HANG_LOOKS);

    reap_copies(page);
    while ((command = atomic_load(&slot->command)) != SLOT_WAKE) {
        if (command == SLOT_QUIT)
            return PARK_DISMISSED;
        if (command == SLOT_KEEP)
            return PARK_KEPT;
        if (kernel_getppid() != page->original_pid)
            return PARK_ORPHANED;
        if (command == SLOT_SLEEP) {
            if (is_other_program(page))
                return PARK_DISMISSED;
            if (patience->hang_ns != 0 && is_still(page, slot, patience))
                return PARK_STILL;
            card_tell(patience->evals());
            kernel_futex(&slot->command, FUTEX_WAIT, SLOT_SLEEP, look_ns);
            continue;
        }
        /* A WAKE that comes meanwhile must survive this. */
        uint32_t seen = command;
        atomic_compare_exchange_strong(&slot->command, &seen, SLOT_SLEEP);
        if (command == SLOT_COPY)
            return PARK_ASKED;
        reap_copies(page); /* or only a thread of the original has ended */
    }
    return PARK_WOKEN;
}

/* Where the original gives up being root, the kernel takes the signal of its end for one of a user's to
 * root's process, and does not send it. */
static bool may_lose_touch(void)
{
    struct __user_cap_data_struct data[_LINUX_CAPABILITY_U32S_3];

    return kernel_capget(data) < 0 || (data[0].permitted & (UINT32_C(1) << CAP_SETUID)) != 0;
}

enum park_reason park_wait(struct shared_page *page, struct shared_slot *slot,
                           const struct park_patience *patience)
{
    own_slot = slot;
    threads_handler_listeners.kernel_signal = hear_kernel;
    bool hears = raw_syscall2(SYS_prctl, PR_SET_PDEATHSIG, THREADS_SIGNAL) == 0 &&
                 signal_mask_restore(~(UINT64_C(1) << (THREADS_SIGNAL - 1))) == 0;
    enum park_reason reason = sleep_until_reason(page, slot, patience, hears && !may_lose_touch());
    signal_mask_block_all();
    signal_mask_drop_pending(); /* a Ctrl-C to the whole process group was meant for the original */
    threads_handler_listeners.kernel_signal = NULL;
    return reason;
}

/* All waiters, not one: a snapshot that was evicted from this slot and killed is in the kernel's queue until
 * it has been scheduled to die, and would swallow the only wake. One that was stopped (SIGSTOP) goes on: the
 * signal itself finds it parked, and is forgotten. */
void park_command(struct shared_slot *slot, enum slot_command command)
{
    pid_t pid = atomic_load(&slot->pid);

    if (pid != 0)
        kernel_kill(pid, SIGCONT);
    atomic_store(&slot->command, command);
    if (kernel_futex(&slot->command, FUTEX_WAKE, INT_MAX, 0) < 0 && pid != 0)
        kernel_kill(pid, THREADS_SIGNAL); /* it interrupts the sleep as well */
}
