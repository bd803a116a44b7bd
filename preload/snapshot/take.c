/* SPDX-License-Identifier: MIT */
/* The clone itself: see take.h. Signals are blocked from before the stop until after the resume, so that no
 * handler of the simulator runs on this thread while the others stand still. */
#define _GNU_SOURCE
#include "snapshot/take.h"

#include <errno.h>
#include <limits.h>
#include <linux/futex.h>
#include <sched.h>
#include <signal.h>
#include <stddef.h>
#include <sys/prctl.h>
#include <sys/syscall.h>

#include "base/clock.h"
#include "base/kernel.h"
#include "base/often.h"
#include "base/other_process.h"
#include "base/signal_mask.h"
#include "base/u64.h"
#include "run/card.h"
#include "snapshot/park.h"
#include "snapshot/precopy.h"
#include "snapshot/threads/clone_processor.h"
#include "snapshot/threads/threads.h"
#include "snapshot/threads/threads_signal.h"

#define SETTLE_TRIES   20
#define SETTLE_STEP_NS 10000000

static OFTEN_WRITTEN struct shared_slot *volatile last_slot; /* of the last copy; in a copy NULL */
static OFTEN_WRITTEN volatile pid_t last_pid;

/* A copy for a replay that comes while the original goes on. This one sleeps on. */
static bool copy_again(const struct take *take, bool hangs, int *clear_tid)
{
    int32_t coming = SHARED_PAGE_COMING;

    if (take->is_spare)
        return false;
    atomic_store(&take->page->asked_until_ns, 0);
    atomic_store(&take->page->asked_pid, coming); /* from now on: the copy may be long in coming */
    long pid = clone_process(clear_tid, THREADS_SIGNAL, NULL);
    if (pid < 0)
        take->hooks->asked_in_vain((int)pid);
    if (pid > 0)
        atomic_compare_exchange_strong(&take->page->asked_pid, &coming, (int32_t)pid);
    if (pid != 0)
        return false;
    take->hooks->in_copy_of_copy();
    card_make(take->slot, take->page->original_pid, CARD_BESIDE);
    if (!take->hooks->asked(take->slot, hangs))
        kernel_exit_group(0);
    return true;
}

/* The kept copy. Returns in a copy of it, which is to replay. */
static void be_kept(struct take *take, int *clear_tid)
{
    const struct take_kept *kept = take->hooks->kept;
    const size_t place = (size_t)(take->slot - take->page->slots);

    take->hooks->in_copy_of_copy();
    struct shared_page *page = kept->begins(place);

    take->slot = &page->slots[place];
    take->page = page;
    do
        kept->waits();
    while (!kept->copied(clone_process(clear_tid, THREADS_SIGNAL, NULL)));
    take->hooks->in_copy_of_copy();
    card_make(take->slot, page->original_pid, CARD_BESIDE);
}

/* The first thing that a woken copy does, and the last of one that is to be kept beside that. It has no exit
 * signal, and when this one ends, it belongs to nobody. True in a copy of it, which is to replay. */
static bool leave_kept(struct take *take, bool is_rung, int *clear_tid)
{
    const struct take_kept *kept = take->hooks->kept;

    if (take->is_spare || kept == NULL || !kept->is_wanted(is_rung ? take->slot : NULL))
        return false;
    long pid = clone_process(clear_tid, 0, NULL);
    if (pid == 0)
        be_kept(take, clear_tid);
    else
        kept->cloned(pid);
    return pid == 0;
}

static bool replays(const struct take *take, enum park_reason reason)
{
    return reason == PARK_WOKEN || (reason == PARK_ORPHANED && take->hooks->orphaned(take->slot));
}

/* Returns where the copy is to go on as the replay: an orphan may be told to be kept while it waits for its
 * turn. */
static bool is_over(struct take *take, enum park_reason reason, int *clear_tid)
{
    if (reason == PARK_ASKED || reason == PARK_STILL)
        return copy_again(take, reason == PARK_STILL, clear_tid);
    if (replays(take, reason)) {
        card_replays();
        return true;
    }
    if (atomic_load(&take->slot->command) == SLOT_KEEP && leave_kept(take, true, clear_tid))
        return true;
    kernel_exit_group(0);
}

/* A copy of one that is about to go on as a replay parks in its place, with the same parent. Returns true in
 * that. It needs no spare itself. Others know of it as soon as it is there. */
static bool leave_spare(struct take *take, int *clear_tid)
{
    struct shared_page *page = take->is_spare ? NULL : take->hooks->spare();

    if (page == NULL)
        return false;
    struct shared_slot *slot = &page->slots[SHARED_PAGE_SPARE];
    slot->number = take->slot->number;
    slot->eval = take->slot->eval;
    slot->time = take->slot->time;
    slot->taken_ns = take->slot->taken_ns;
    slot->used_ns = take->slot->used_ns;
    atomic_store(&slot->command, SLOT_SLEEP);
    atomic_store(&slot->settled, 1);
    if (clone_process(clear_tid, CLONE_PARENT, &slot->pid) != 0)
        return false;
    take->page = page;
    take->slot = slot;
    take->is_spare = true;
    take->hooks->in_copy_of_copy();
    card_make(slot, page->original_pid, CARD_SPARE);
    return true;
}

/* The order matters: the kernel forgets the robust list at the clone, and a mutex that dies with the
 * copy must be marked; then what the copy must not keep is let go before the original can miss it. */
static void become_snapshot(struct take *take, int *clear_tid, void *robust_list, size_t robust_list_size)
{
    last_slot = NULL;
    if (robust_list != NULL)
        raw_syscall2(SYS_set_robust_list, robust_list, robust_list_size);
    int r = take->hooks->in_copy();
    atomic_store(&take->slot->settled, 1);
    kernel_futex(&take->slot->settled, FUTEX_WAKE, INT_MAX, 0);
    if (r < 0)
        kernel_exit_group(0);
    card_make(take->slot, take->page->original_pid, CARD_PARKED);
    precopy_run(take->page, take->slot);
    do {
        while (!is_over(take, park_wait(take->page, take->slot, &take->patience), clear_tid))
            continue;
        leave_kept(take, false, clear_tid);
    } while (leave_spare(take, clear_tid));
}

/* A copy that is killed, or stopped by a debugger, is not waited for. */
void take_settle(void)
{
    struct shared_slot *slot = last_slot;

    if (slot == NULL)
        return;
    for (unsigned i = 0; i < SETTLE_TRIES; i++) {
        if (atomic_load(&slot->settled) != 0 ||
            !other_process_is_live_child(last_pid)) /* or not ours: we were forked */
            return;
        int r = kernel_futex(&slot->settled, FUTEX_WAIT, 0, SETTLE_STEP_NS);
        if (r < 0 && r != -EAGAIN && r != -EINTR && r != -ETIMEDOUT)
            kernel_sleep(SETTLE_STEP_NS); /* refused */
    }
    atomic_store(&slot->settled, 1); /* nor asked for again */
}

void take_forget(void)
{
    last_slot = NULL;
}

static long clone_stopped(struct take *take)
{
    int *clear_tid = NULL;
    void *robust_list = NULL;
    size_t robust_list_size = 0;

    raw_syscall2(SYS_prctl, PR_GET_TID_ADDRESS, &clear_tid);
    raw_syscall3(SYS_get_robust_list, 0, &robust_list, &robust_list_size);
    int r = take->hooks->before_copy();
    take->unlisted = r < 0;
    if (r < 0)
        return r;
    long pid = clone_process(clear_tid, 0, &take->slot->pid);
    if (pid == 0)
        become_snapshot(take, clear_tid, robust_list, robust_list_size);
    else
        take->hooks->after_copy();
    if (pid > 0) { /* known before the other threads go on */
        last_pid = (pid_t)pid;
        last_slot = take->slot;
    }
    return pid;
}

int take_snapshot(struct take *take)
{
    take->mask = signal_mask_block_all();
    take_settle();
    uint64_t start_ns = clock_ns();
    long r = threads_stop(&take->why);
    uint64_t stopped_ns = clock_ns(), used_ns = clock_used_ns();
    if (r == 0) {
        atomic_store(&take->slot->command, SLOT_SLEEP);
        atomic_store(&take->slot->settled, 0);
        r = clone_stopped(take);
        if (r == 0)
            return TAKE_COPY;
        threads_resume();
    }
    uint64_t now_ns = clock_ns();
    take->stall_ns = now_ns - start_ns;
    take->stop_ns = stopped_ns - start_ns;
    /* Nothing is waited for from there on: what is not used was somebody else's, often our own copy's. */
    take->used_ns = u64_min(now_ns - stopped_ns, clock_used_ns() - used_ns);
    signal_mask_restore(take->mask);
    if (r < 0)
        return (int)r;
    take->pid = (pid_t)r;
    /* Who kills the original's whole process group (timeout -s KILL) does not mean its copies. */
    raw_syscall2(SYS_setpgid, take->pid, take->pid);
    return TAKE_ORIGINAL;
}
