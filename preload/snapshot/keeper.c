/* SPDX-License-Identifier: MIT */
/* When the original takes snapshots, and which go: see keeper.h. What is parked is on the shelf (shelf.h). */
#define _GNU_SOURCE
#include "snapshot/keeper.h"

#include <inttypes.h>
#include <stdatomic.h>

#include "base/clock.h"
#include "base/kernel.h"
#include "base/log.h"
#include "base/often.h"
#include "base/own_thread.h"
#include "base/signal_mask.h"
#include "base/u64.h"
#include "base/vdso.h"
#include "run/role.h"
#include "run/run.h"
#include "snapshot/burial.h"
#include "snapshot/cadence.h"
#include "snapshot/cold.h"
#include "snapshot/cost.h"
#include "snapshot/glance.h"
#include "snapshot/huge.h"
#include "snapshot/huge_lost.h"
#include "snapshot/keeper_lock.h"
#include "snapshot/limits/groups.h"
#include "snapshot/limits/memory_watch.h"
#include "snapshot/limits/processes.h"
#include "snapshot/limits/room.h"
#include "snapshot/pace.h"
#include "snapshot/precopy.h"
#include "snapshot/refusal.h"
#include "snapshot/shelf.h"
#include "snapshot/stop_cost.h"
#include "snapshot/take.h"
#include "snapshot/threads/threads.h"
#include "snapshot/threads/threads_revive.h"

static OFTEN_WRITTEN struct shared_page *page;
static OFTEN_WRITTEN struct keeper_hooks hooks;
static const struct options *asked; /* what the user asks for */
static OFTEN_WRITTEN struct cadence cadence;
static OFTEN_WRITTEN struct pace pace;
static OFTEN_WRITTEN struct glance glance;
static OFTEN_WRITTEN struct cost cost;
static OFTEN_WRITTEN struct cold cold;
static OFTEN_WRITTEN struct stop_cost stop_cost;
static OFTEN_WRITTEN struct keeper_figures figures;
static OFTEN_WRITTEN struct take last_take;
static OFTEN_WRITTEN bool given_up;                               /* no snapshot can be taken any more */
static OFTEN_WRITTEN uint64_t simulator_mask;                     /* signals that it blocks itself */
static OFTEN_WRITTEN const struct own_thread *_Atomic evaluating; /* the thread that looked last */

void keeper_init(struct shared_page *shared_page, const struct options *options,
                 const struct keeper_hooks *keeper_hooks)
{
    page = shared_page;
    hooks = *keeper_hooks;
    asked = options;
    keeper_lock_begin();
    take_forget();
    figures = (struct keeper_figures){.taken = 0};
    given_up = false;
    room_begin();
    refusal_begin();
    pace_init(&pace, options->interval.kind == INTERVAL_EVALS);
    glance_stop(&glance);
    shelf_begin(page, options, keeper_hooks->input);
    cadence_init(&cadence, &options->interval, options->budget_ppm, clock_ns());
    cost_init(&cost, cost_read());
    cold_init(&cold);
    stop_cost = (struct stop_cost){.count = 0};
    huge_begin(options->huge, options->budget_ppm);
    huge_lost_begin(0);
    groups_find();
    precopy_begin(groups_limit_time());
    memory_watch_start(&options->memory);
    processes_changed();
    stall_init(&figures.stall);
    burial_start();
}

static unsigned parked(void)
{
    return shelf_slots()->count;
}

static struct cold_now cold_read(struct cost_now now)
{
    return (struct cold_now){
        .ns = now.ns,
        .used_ns = clock_read_ns(CLOCK_PROCESS_CPUTIME_ID),
        .faults = now.faults,
        .page_ns = cost_page_ns(&cost),
        .evals = hooks.evals(),
    };
}

static void look_at_cost(void)
{
    struct cost_now now = cost_read();

    cost_look(&cost, now, parked() > 0);
    cost_pay(&cost, huge_lost_look(now.user_ns, hooks.evals()), false);
    cadence_used(&cadence, now.ns, u64_difference(now.user_ns + now.system_ns, run.start_used_ns));
    cadence_cost(&cadence, cost_ns(&cost), cost_next_ns(&cost));
    page->cost.cost_ns = cost_total_ns(&cost);
}

/* Before it is asked whether the next one is due: then all must be known that the last one has cost. */
static void look_at_cost_in_time(uint64_t eval)
{
    uint64_t now_ns = clock_ns();

    if (now_ns >= cold_due_ns(&cold))
        cold_look(&cold, cold_read(cost_read()));
    if (cost_is_due(&cost, now_ns) || cadence_is_due(&cadence, now_ns, eval))
        look_at_cost();
}

/* There is none at this eval, which has cost so much. */
static void wait_turn(uint64_t eval, uint64_t cost_ns, bool is_stuck, bool is_bare)
{
    cost_begin(&cost, cost_read(), cost_ns);
    cadence_failed(&cadence, clock_ns(), eval, cost_ns, is_stuck, is_bare);
}

static void add_snapshot(uint64_t eval)
{
    struct cost_now now = cost_read();
    uint64_t cost_ns = stop_cost_add(&stop_cost, last_take.stop_ns) + last_take.used_ns;

    cost_begin(&cost, now, cost_ns);
    cost_pay(&cost, cold_begin(&cold, cold_read(now)), false);
    huge_taken(eval, now.faults, now.peak_bytes);
    cadence_snapshot_taken(&cadence, clock_ns(), eval, cost_ns);
    refusal_over();
    figures.taken++;
    stall_add(&figures.stall, last_take.stall_ns);
    page->cost = (struct shared_cost){
        .snapshots = figures.taken,
        .cost_ns = cost_total_ns(&cost),
        .stall_median_ns = stall_median_ns(&figures.stall),
        .stall_max_ns = figures.stall.max_ns,
        .memory_bytes = memory_watch_most_bytes(),
    };
    memory_watch_taken(shelf_place(last_take.slot));
    room_taken();
    shelf_put(last_take.slot);
    shelf_thin_by_input();
}

/* What is left of exit handlers, or of a failure, is all that a replay of a snapshot from now on would do. It
 * must not take the place of an older one. */
static bool is_late(void)
{
    return keeper_lock_is_ending() && parked() > 0;
}

static void describe_take(uint64_t eval)
{
    struct shared_slot *slot = shared_page_free_slot(page);

    slot->number = figures.taken + 1;
    slot->eval = eval - 1;
    slot->time = hooks.simtime();
    slot->taken_ns = clock_ns();
    slot->used_ns = clock_read_ns(CLOCK_PROCESS_CPUTIME_ID);
    last_take = (struct take){
        .page = page,
        .slot = slot,
        .hooks = &hooks.copy,
        .patience = {asked->hang_ns, hooks.evals, asked},
        .why = "",
    };
}

/* Returns true in a woken copy. */
static bool take_one(uint64_t eval)
{
    const struct slot *newest = slots_newest(shelf_slots());

    burial_hasten(); /* its slot is taken anew */
    describe_take(eval);
    hooks.begins(shelf_place(last_take.slot));
    if (figures.taken == 0)
        cost_pay(&cost, huge_lost_begin(cost_read().peak_bytes), false);
    precopy_allow(memory_watch_spare_bytes(shelf_slots()), newest != NULL ? newest->pid : 0);
    int r = take_snapshot(&last_take);
    if (r == TAKE_COPY)
        return true;
    uint64_t prepare_ns = pace_begin(&pace, clock_ns(), eval);
    last_take.stall_ns += prepare_ns;
    last_take.used_ns += prepare_ns;
    if (r < 0) {
        given_up = !refusal_explain(&last_take, r);
        wait_turn(eval, last_take.stop_ns + last_take.used_ns, *last_take.why != '\0', parked() == 0);
    } else if (is_late())
        shelf_refuse(last_take.slot);
    else
        add_snapshot(eval);
    hooks.done(shelf_oldest_place());
    return false;
}

static struct cadence_step prepare(struct cadence_step step, uint64_t eval)
{
    uint64_t used_ns = clock_used_ns();

    if (pace_look(&pace, clock_ns(), eval, &step) && threads_prepare() > 0)
        pace_prepared(&pace, clock_used_ns() - used_ns, &step);
    return step;
}

/* Kills it and waits until it is dead: only then it is free what it held. */
static void give_up_oldest(void)
{
    look_at_cost();
    shelf_forget_oldest();
    burial_await();
    memory_watch_gave_up();
    processes_changed();
}

static bool starts_programs(void)
{
    return atomic_load(&page->starts_programs) != 0;
}

/* soon: the simulator is about to make a child, which may start programs. */
static void leave_processes(bool soon)
{
    while (parked() > 0 && processes_are_short(soon || starts_programs(), soon)) {
        log_line(LOG_DEBUG, "snapshot %" PRIu64 " is given up: few more processes are allowed",
                 slots_oldest(shelf_slots())->number);
        give_up_oldest();
    }
}

static bool may_copy_more(uint64_t bytes)
{
    memory_watch_note_copied(bytes);
    memory_watch_look();
    return parked() == 0 || !memory_watch_is_past(shelf_slots());
}

static void copy_huge(uint64_t eval)
{
    uint64_t start_ns = clock_used_ns();
    bool is_earned = huge_look(eval, parked() > 0, cadence_left(&cadence, clock_ns(), eval), may_copy_more);

    if (is_earned)
        cost_leave_out(&cost, clock_used_ns() - start_ns);
    else
        cost_pay(&cost, clock_used_ns() - start_ns, true);
}

/* Those that have no place any more, as time has passed: before any other goes. */
static void thin(uint64_t eval)
{
    unsigned count = parked();

    if (count > shelf_slots()->limit)
        shelf_thin(clock_ns(), eval - 1);
    if (parked() < count)
        memory_watch_gave_up();
}

/* Past the limit on memory, and near the one on processes, the oldest go. */
static void give_up_past(uint64_t eval)
{
    unsigned count = parked();
    uint64_t start_ns = clock_used_ns();

    thin(eval);
    look_at_cost_in_time(eval);
    memory_watch_note_copied(precopy_taken_bytes(page));
    memory_watch_look();
    leave_processes(false);
    cost_pay(&cost, clock_used_ns() - start_ns, false);
    copy_huge(eval);
    while (parked() > 0 && memory_watch_is_past(shelf_slots()))
        give_up_oldest();
    cost_pay(&cost, memory_watch_spent_ns(), false);
    page->cost.memory_bytes = memory_watch_most_bytes();
    if (parked() == count)
        return;
    hooks.done(shelf_oldest_place());
    if (parked() == 0)
        cadence_none_left(&cadence, clock_ns());
}

/* Where there is room for so many only, the oldest makes place before the next is taken. */
static bool has_room(void)
{
    if (parked() > 0 && !processes_have_room(starts_programs()))
        give_up_oldest();
    if (!processes_have_room(starts_programs()))
        return false;
    enum memory_watch_room room = memory_watch_room(shelf_slots());

    if (room == MEMORY_ROOM_OF_OLDEST) {
        give_up_oldest();
        room = memory_watch_room(shelf_slots());
    }
    return room == MEMORY_ROOM;
}

/* What it answers may be refused for want of memory. Then the next one waits its turn. */
static struct cadence_step next_step(uint64_t eval)
{
    struct cadence_step step = cadence_step(&cadence, clock_ns(), eval);

    if (step.snapshot && !has_room()) {
        step.snapshot = false;
        wait_turn(eval, 0, false, false);
    }
    if (!step.snapshot && parked() == 0)
        room_explain_none();
    return step;
}

/* When there is something to do, whatever the evals do. A dead one that nobody reaps is seen by whoever looks
 * at the machine's processes. */
static uint64_t due_ns(uint64_t now_ns)
{
    if (shelf_has_killed())
        pace_killed(&pace);
    uint64_t wait_ns = burial_family()->dying_count > 0 ? pace_bury_ns(&pace) : UINT64_MAX;

    if (given_up)
        return u64_sum(now_ns, wait_ns);
    wait_ns = u64_min(wait_ns, memory_watch_quiet_ns(shelf_slots()));
    if (processes_are_near())
        wait_ns = u64_min(wait_ns, SECOND_NS);
    wait_ns = u64_min(wait_ns, huge_wait_ns(parked() > 0));
    wait_ns = u64_sum(now_ns, wait_ns);
    return u64_min(u64_min(wait_ns, cold_due_ns(&cold)),
                   u64_min(cost_due_ns(&cost), cadence_due_ns(&cadence)));
}

static void begin_glances(const struct cadence_step *step, uint64_t eval)
{
    uint64_t now_ns = clock_ns(), until_ns = due_ns(now_ns), until_eval = UINT64_MAX;
    uint64_t stride = step->look_in_evals;

    if (given_up || pace.is_by_evals)
        stride = glance.stride_evals;
    if (pace.is_by_evals && !given_up)
        until_eval = u64_sum(eval, step->look_in_evals);
    stride = u64_min(stride, huge_most_evals());
    uint64_t evals = glance_begin(&glance, now_ns, eval, until_ns, until_eval, stride);
    hooks.due_in(given_up && until_ns == UINT64_MAX ? UINT64_MAX : evals);
}

bool keeper_glance(uint64_t eval)
{
    uint64_t evals = glance_step(&glance, vdso_clock_ns(), eval);

    if (evals == 0)
        return false;
    atomic_store(&evaluating, own_thread());
    hooks.due_in(evals);
    return true;
}

/* Everything but keeper_lock() happens with signals blocked: a handler that ends the process must find the
 * new snapshot on the list. */
bool keeper_look(uint64_t eval)
{
    atomic_store(&evaluating, own_thread());
    keeper_lock();
    simulator_mask = signal_mask_block_all();
    struct cadence_step step = {.snapshot = false, .look_in_evals = UINT64_MAX};
    burial_look();
    if (!given_up) {
        give_up_past(eval);
        step = prepare(next_step(eval), eval);
    }
    hooks.due_in(step.look_in_evals); /* of the copy too */
    if (step.snapshot && !is_late() && take_one(eval))
        return true;
    begin_glances(&step, eval);
    keeper_lock_leave();
    signal_mask_restore(simulator_mask);
    return false;
}

bool keeper_is_evaluating_thread(void)
{
    return role_kind() == ROLE_ORIGINAL && atomic_load(&evaluating) == own_thread();
}

const struct own_thread *keeper_evaluating_thread(void)
{
    return atomic_load(&evaluating);
}

uint64_t keeper_taken_ns(void)
{
    return last_take.slot->taken_ns;
}

int keeper_revive(void)
{
    keeper_lock_begin();
    int r = threads_revive();

    if (r == 0)
        signal_mask_restore(simulator_mask);
    return r;
}

struct shared_slot *keeper_oldest(void)
{
    look_at_cost(); /* for the report */
    burial_await(); /* the replay does not know them, and would take them for children of the simulator */
    return shelf_oldest();
}

bool keeper_is_snapshot(pid_t pid)
{
    return page != NULL && (family_has(burial_family(), pid) || shared_page_slot(page, pid) != NULL) &&
           role_is_self();
}

void keeper_forget(struct shared_slot *slot)
{
    shelf_forget(slot);
}

void keeper_hold(bool (*is_wanted)(uint64_t number))
{
    if (shelf_hold(is_wanted))
        hooks.done(shelf_oldest_place());
}

bool keeper_is_extra(uint64_t number)
{
    return slots_is_extra(shelf_slots(), number);
}

/* What was recorded for it alone is let go with the next snapshot. */
bool keeper_give_up_oldest(uint64_t refused_bytes)
{
    const struct slot *oldest = slots_oldest(shelf_slots());

    if (oldest == NULL || (refused_bytes != 0 && !memory_watch_may_help(shelf_slots(), refused_bytes)))
        return false;
    log_line(LOG_DEBUG, "snapshot %" PRIu64 " is given up: the simulator was refused %s", oldest->number,
             refused_bytes != 0 ? "memory" : "a process or a thread");
    give_up_oldest();
    return true;
}

bool keeper_must_leave_processes(void)
{
    return parked() > 0 && processes_are_near();
}

void keeper_leave_processes(void)
{
    leave_processes(true);
}

void keeper_dismiss(void)
{
    while (parked() > 0)
        shelf_forget_oldest();
    burial_await();
}

const struct keeper_figures *keeper_figures(void)
{
    return &figures;
}
