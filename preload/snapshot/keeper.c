/* SPDX-License-Identifier: MIT */
/* The parked snapshots of the original: see keeper.h. Killing is quick, dying is not: a snapshot of a large
 * simulator needs milliseconds to give its page tables back. So an evicted one is not waited for, but looked
 * after: at the next eval, and if it is not dead by then, after twice as many evals each time, up to a
 * millisecond's worth. */
#define _GNU_SOURCE
#include "snapshot/keeper.h"

#include <errno.h>
#include <inttypes.h>
#include <linux/futex.h>
#include <signal.h>
#include <stdatomic.h>
#include <string.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <time.h>

#include "base/clock.h"
#include "base/kernel.h"
#include "base/log.h"
#include "base/signal_mask.h"
#include "snapshot/account.h"
#include "snapshot/burial.h"
#include "snapshot/cadence.h"
#include "snapshot/huge.h"
#include "snapshot/limits/groups.h"
#include "snapshot/limits/memory.h"
#include "snapshot/limits/processes.h"
#include "snapshot/limits/room.h"
#include "snapshot/pace.h"
#include "snapshot/park.h"
#include "snapshot/refusal.h"
#include "snapshot/take.h"
#include "snapshot/threads/threads.h"
#include "snapshot/threads/threads_revive.h"

#define DISMISS_TRIES 2000 /* milliseconds */
#define BURIAL_NS     1000000u
#define HOLD_TRIES    20
#define HOLD_STEP_NS  50000000
#define RETRY_NS      UINT64_C(1000000000) /* to the next try where there is no snapshot, ... */
#define RETRIES       5u                   /* ... twice as long each time, and then as the budget allows */

static struct shared_page *page;
static struct keeper_hooks hooks;
static uint64_t hang_ns;
static struct slots slots;
static struct cadence cadence;
static struct keeper_figures figures;
static struct take last_take;
static uint64_t simulator_mask;       /* signals that it blocks itself */
static volatile pid_t looking_thread; /* the last one */
static bool given_up;                 /* no snapshot can be taken any more */
static unsigned retries;
static unsigned vain_tries; /* in a row */

static struct pace pace;
static bool prepared;           /* threads were asked to stand by for the next snapshot ... */
static uint64_t prepare_ns;     /* ... and that took so long */
static int last_error;          /* -errno of the last try */
static _Atomic uint32_t holder; /* futex: the thread that takes a snapshot or ends the process; 0: none */

static uint64_t burial_evals; /* how long the next look at them may wait, at most */

/* In a forked child of an original. */
static void forget_parent(void)
{
    atomic_store(&holder, 0);
    take_forget();
    figures = (struct keeper_figures){.taken = 0};
    given_up = prepared = false;
    retries = 0;
    room_begin();
    refusal_begin();
    pace_init(&pace);
    prepare_ns = 0;
}

void keeper_init(struct shared_page *shared_page, const struct options *options,
                 const struct keeper_hooks *keeper_hooks)
{
    page = shared_page;
    hooks = *keeper_hooks;
    hang_ns = options->hang_ns;
    forget_parent();
    slots_init(&slots, options->slots);
    cadence_init(&cadence, &options->interval, options->budget_ppm, clock_ns());
    account_init();
    huge_begin();
    groups_find();
    memory_start(&options->memory);
    processes_start();
    stall_init(&figures.stall);
    burial_start();
}

void keeper_hold(void)
{
    uint32_t self = (uint32_t)kernel_gettid(), other = 0;

    while (!atomic_compare_exchange_strong(&holder, &other, self) && other != self) {
        kernel_futex_wait(&holder, other, 0);
        other = 0;
    }
}

bool keeper_try_hold(void)
{
    uint32_t self = (uint32_t)kernel_gettid(), other = 0;

    for (unsigned i = 0; !atomic_compare_exchange_strong(&holder, &other, self); i++, other = 0) {
        if (other == self || i == HOLD_TRIES)
            return false;
        kernel_futex_wait(&holder, other, HOLD_STEP_NS);
    }
    return true;
}

void keeper_let_go(void)
{
    atomic_store(&holder, 0);
    kernel_futex_wake(&holder, 1);
}

/* One that does not do as it is told is left: it ends with the original. */
static void await_dismissed(pid_t pid)
{
    for (unsigned tries = 0; tries < DISMISS_TRIES && !burial_reap(pid); tries++)
        kernel_sleep(1000000);
}

/* Its place is free from now on. */
static void end_snapshot(struct shared_slot *slot)
{
    pid_t pid = atomic_load(&slot->pid);

    long r = kernel_kill(pid, SIGKILL);
    if (r < 0 && r != -ESRCH) {
        /* The simulator has given up the rights that the snapshot still has (setuid): ask it. */
        park_dismiss(slot);
        await_dismissed(pid);
        atomic_store(&slot->pid, 0);
        return;
    }
    burial_add(pid);
    burial_evals = 1;
    atomic_store(&slot->pid, 0);
}

/* A thread that gets no processor on a busy machine, or waits for a child of vfork(), is none to wait for by
 * the budget as long as nothing could be replayed. One that never stops is. */
static void retry_soon(void)
{
    if (slots_count(&slots) == 0 && retries < RETRIES)
        cadence_retry(&cadence, clock_ns() + (RETRY_NS << retries++));
}

static void look_at_cost(void)
{
    account_look(slots_count(&slots) > 0);
    cadence_cost(&cadence, account_ns());
    page->cost.cost_ns = account_total_ns();
}

/* A snapshot was taken, or tried in vain. */
static void begin_account(uint64_t stall_ns, uint64_t eval)
{
    account_begin(stall_ns);
    cadence_snapshot_taken(&cadence, clock_ns(), eval, stall_ns);
}

static void add_snapshot(uint64_t eval)
{
    struct shared_slot *slot = shared_page_slot(page, last_take.pid);

    begin_account(last_take.stall_ns, eval);
    stall_add(&figures.stall, last_take.stall_ns);
    page->cost = (struct shared_cost){
        .snapshots = figures.taken,
        .cost_ns = account_total_ns(),
        .stall_median_ns = stall_median_ns(&figures.stall),
        .stall_max_ns = figures.stall.max_ns,
        .memory_bytes = memory_most_bytes(),
    };
    memory_taken(slot->number);
    room_taken();
    pid_t evicted = slots_push(&slots, last_take.pid, slot->number);
    if (evicted != 0)
        end_snapshot(shared_page_slot(page, evicted));
}

static uint64_t oldest_number(void)
{
    const struct slot *oldest = slots_oldest(&slots);

    return oldest != NULL ? oldest->number : 0;
}

/* Returns true in a woken copy. */
static bool take_one(uint64_t eval)
{
    struct shared_slot *slot = shared_page_free_slot(page);

    slot->number = figures.taken + 1;
    slot->eval = eval - 1;
    slot->time = hooks.time();
    slot->taken_ns = clock_ns();
    last_take = (struct take){
        .page = page,
        .slot = slot,
        .before_copy = hooks.before_copy,
        .after_copy = hooks.after_copy,
        .in_copy = hooks.in_copy,
        .orphaned = hooks.orphaned,
        .asked = hooks.asked,
        .spare = hooks.spare,
        .asked_in_vain = hooks.asked_in_vain,
        .patience = {hang_ns, hooks.evals},
        .why = "",
    };
    hooks.begins(slot->number);
    uint64_t start_ns = clock_used_ns();
    huge_before_snapshot();
    account_pay(clock_used_ns() - start_ns, false);
    int r = take_snapshot(&last_take);
    if (r == TAKE_COPY)
        return true;
    last_take.stall_ns += prepare_ns;
    prepare_ns = 0;
    prepared = false;
    pace_begin(&pace, clock_ns(), eval);
    last_error = r < 0 ? r : 0;
    if (r < 0) {
        given_up = !refusal_explain(&last_take, r);
        hooks.done(oldest_number());
        begin_account(last_take.stall_ns, eval);
        if (*last_take.why != '\0')
            cadence_hold_off(&cadence, clock_ns(), last_take.stall_ns, ++vain_tries);
        retry_soon();
        return false;
    }
    refusal_over();
    retries = vain_tries = 0;
    figures.taken++;
    add_snapshot(eval);
    hooks.done(oldest_number());
    return false;
}

/* A snapshot by time may come some evals later: they are the lead. One by evals may not: so a look is put
 * that much before it. */
static struct cadence_step prepare(struct cadence_step step, uint64_t eval)
{
    bool by_evals = cadence.interval.kind == INTERVAL_EVALS;
    uint64_t now_ns = clock_ns();

    pace_learn(&pace, now_ns, eval);
    if (pace.lead_evals == 0)
        return step;
    if (by_evals && step.look_in_evals > 2 * pace.lead_evals)
        step.look_in_evals -= pace.lead_evals;
    else if (step.snapshot != by_evals && !prepared && threads_prepare() > 0) {
        prepared = true;
        prepare_ns = clock_ns() - now_ns;
        if (!by_evals)
            step = (struct cadence_step){.snapshot = false, .look_in_evals = pace.lead_evals};
    }
    return step;
}

/* Kills it and waits until it is dead: only then it is free what it held. */
static void give_up_oldest(void)
{
    account_look(true);
    keeper_forget(shared_page_slot(page, slots_oldest(&slots)->pid));
    burial_await();
    memory_gave_up();
    processes_changed();
}

static bool starts_programs(void)
{
    return atomic_load(&page->starts_programs) != 0;
}

/* soon: the simulator is about to make a child, which may start programs. */
static void leave_processes(bool soon)
{
    while (slots_count(&slots) > 0 && processes_are_short(soon || starts_programs(), soon)) {
        log_line(LOG_DEBUG, "snapshot %" PRIu64 " is given up: few more processes are allowed",
                 slots_oldest(&slots)->number);
        give_up_oldest();
    }
}

static void copy_huge(void)
{
    uint64_t start_ns = clock_used_ns();

    memory_note_copied(huge_look(account_copied()));
    account_pay(clock_used_ns() - start_ns, true);
}

/* Past the limit on memory, and near the one on processes, the oldest go. */
static void give_up_past(void)
{
    unsigned count = slots_count(&slots);
    uint64_t start_ns = clock_used_ns();

    look_at_cost();
    memory_look();
    leave_processes(false);
    account_pay(clock_used_ns() - start_ns, false);
    if (slots_count(&slots) > 0)
        copy_huge();
    while (slots_count(&slots) > 0 && memory_is_past(&slots))
        give_up_oldest();
    account_pay(memory_spent_ns(), false);
    page->cost.memory_bytes = memory_most_bytes();
    if (slots_count(&slots) == count)
        return;
    hooks.done(oldest_number());
    if (slots_count(&slots) == 0)
        cadence_none_left(&cadence, clock_ns());
}

/* Where there is room for so many only, the oldest makes place before the next is taken. */
static bool has_room(void)
{
    if (slots_count(&slots) > 0 && !processes_have_room(starts_programs()))
        give_up_oldest();
    if (!processes_have_room(starts_programs()))
        return false;
    enum memory_room room = memory_room(&slots);

    if (room == MEMORY_ROOM_OF_OLDEST) {
        give_up_oldest();
        room = memory_room(&slots);
    }
    return room == MEMORY_ROOM;
}

/* What it answers may be refused for want of memory. Then the next one waits its turn. */
static struct cadence_step next_step(uint64_t eval)
{
    struct cadence_step step = cadence_step(&cadence, clock_ns(), eval);

    if (step.snapshot && !has_room()) {
        step.snapshot = false;
        begin_account(0, eval);
    }
    if (!step.snapshot && slots_count(&slots) == 0)
        room_explain_none();
    return step;
}

/* A dead one that nobody reaps is seen by whoever looks at the machine's processes. */
static void look_in(uint64_t evals)
{
    if (burial_count() > 0 && evals > burial_evals) {
        evals = burial_evals;
        if (pace.eval_ns == 0 || burial_evals < BURIAL_NS / pace.eval_ns)
            burial_evals *= 2;
    }
    hooks.due_in(evals);
}

/* Everything but keeper_hold() happens with signals blocked: a handler that ends the process must find the
 * new snapshot on the list. */
bool keeper_look(uint64_t eval)
{
    looking_thread = kernel_gettid();
    keeper_hold();
    simulator_mask = signal_mask_block_all();
    struct cadence_step step = {.snapshot = false, .look_in_evals = UINT64_MAX};
    burial_look();
    if (!given_up) {
        give_up_past();
        step = prepare(next_step(eval), eval);
        if (cadence.interval.kind == INTERVAL_EVALS) /* looks by time come often enough */
            step.look_in_evals = pace_watch(&pace, step.look_in_evals);
    }
    hooks.due_in(step.look_in_evals); /* of the copy too */
    if (step.snapshot && take_one(eval))
        return true;
    look_in(given_up ? UINT64_MAX : step.look_in_evals);
    keeper_let_go();
    signal_mask_restore(simulator_mask);
    return false;
}

bool keeper_is_evaluating_thread(void)
{
    return looking_thread == kernel_gettid();
}

uint64_t keeper_taken_ns(void)
{
    return last_take.slot->taken_ns;
}

int keeper_revive(void)
{
    atomic_store(&holder, 0);
    int r = threads_revive();

    if (r == 0)
        signal_mask_restore(simulator_mask);
    return r;
}

struct shared_slot *keeper_oldest(void)
{
    const struct slot *oldest;

    burial_await(); /* the replay does not know them, and would take them for children of the simulator */
    while ((oldest = slots_oldest(&slots)) != NULL) {
        struct shared_slot *slot = shared_page_slot(page, oldest->pid);
        if (!burial_reap(oldest->pid))
            return slot;
        atomic_store(&slot->pid, 0);
        slots_remove(&slots, oldest->pid);
    }
    return NULL;
}

bool keeper_is_snapshot(pid_t pid)
{
    return burial_is_due(pid) || shared_page_slot(page, pid) != NULL;
}

void keeper_forget(struct shared_slot *slot)
{
    slots_remove(&slots, atomic_load(&slot->pid));
    end_snapshot(slot);
}

/* What was recorded for it alone is let go with the next snapshot. */
bool keeper_give_up_oldest(uint64_t refused_bytes)
{
    const struct slot *oldest = slots_oldest(&slots);

    if (oldest == NULL || (refused_bytes != 0 && !memory_may_help(&slots, refused_bytes)))
        return false;
    log_line(LOG_DEBUG, "snapshot %" PRIu64 " is given up: the simulator was refused %s", oldest->number,
             refused_bytes != 0 ? "memory" : "a process or a thread");
    give_up_oldest();
    return true;
}

bool keeper_must_leave_processes(void)
{
    return slots_count(&slots) > 0 && processes_are_near();
}

void keeper_leave_processes(void)
{
    leave_processes(true);
}

void keeper_dismiss(void)
{
    const struct slot *oldest;

    while ((oldest = slots_oldest(&slots)) != NULL)
        keeper_forget(shared_page_slot(page, oldest->pid));
    burial_await();
}

int keeper_last_error(void)
{
    return last_error;
}

bool keeper_was_unlisted(void)
{
    return last_take.unlisted;
}

const char *keeper_last_problem(void)
{
    return figures.taken > 0 || last_take.why == NULL ? "" : last_take.why;
}

const struct keeper_figures *keeper_figures(void)
{
    return &figures;
}
