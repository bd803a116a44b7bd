/* SPDX-License-Identifier: MIT */
/* See points.h. All of it happens under the keeper's lock, at looks of the thread that evals or at the end of
 * the process; but for a request, which is taken down by whatever thread gets the signal. While there is no
 * point near, a look compares two numbers. */
#define _GNU_SOURCE
#include "original/points.h"

#include <inttypes.h>
#include <stdatomic.h>
#include <stddef.h>
#include <string.h>

#include "base/clock.h"
#include "base/log.h"
#include "base/other_process.h"
#include "base/signal_mask.h"
#include "base/u64.h"
#include "original/impatient.h"
#include "original/points_lines.h"
#include "original/points_plan.h"
#include "original/request.h"
#include "original/time_beside.h"
#include "original/time_search.h"
#include "record/match.h"
#include "run/back.h"
#include "run/role.h"
#include "run/run.h"
#include "snapshot/keeper.h"
#include "snapshot/keeper_lock.h"

#define COUNTED_MOST 1000u /* lines that were left out */
#define UNTOLD_MOST  3u    /* times in a row; the simulator waits for a second at each */
#define STILL_NS     SECOND_NS

static struct points_plan plan;
static struct time_search search;
static unsigned untold;                /* so often in a row the time was not told */
static struct point *replaying;        /* the one for which a snapshot was asked; NULL: none */
static bool waits;                     /* some have passed and are not done */
static uint64_t next_eval;             /* to look at before it runs; UINT64_MAX: none */
static const struct point *chosen_for; /* a snapshot is looked for, for that */
static int impatience;                 /* the signal by which somebody ended the waiting */
static unsigned lost;                  /* that came and had no snapshot before them any more */

/* By a request that cannot be begun at once: evals that had begun, and one; 0: none. And when that came. */
static _Atomic uint64_t requested, requested_ns;
static atomic_bool request_waits; /* one is among the points */

void points_begin(void)
{
    points_plan_init(&plan, &run.options);
    time_search_begin(&search);
    if (points_plan_time(&plan) == END_TIME_UNKNOWN)
        search.next_eval = UINT64_MAX;
    replaying = NULL;
    waits = false;
    impatience = 0;
    lost = untold = 0;
    atomic_store(&requested, 0);
    atomic_store(&request_waits, false);
    next_eval = u64_sum(points_plan_next(&plan, 0), 1);
}

void points_due_in(uint64_t evals)
{
    uint64_t wanted = u64_min(next_eval, search.next_eval);

    if (wanted != UINT64_MAX)
        evals = u64_min(evals, u64_max(u64_difference(wanted, run.hooks->evals()), 1));
    run.hooks->due_in(evals);
}

/* --- which snapshot --- */

static bool is_out(int32_t pid)
{
    const struct shared_slot *slot = shared_page_slot(run.page, pid);

    return slot == NULL || slot->number > chosen_for->newest || slot->eval >= chosen_for->first_eval ||
           other_process_is_over(pid);
}

/* What is kept for another point would not be there without it. */
static bool is_out_or_extra(int32_t pid)
{
    const struct shared_slot *slot = shared_page_slot(run.page, pid);

    return slot == NULL || keeper_is_extra(slot->number) || is_out(pid);
}

static struct shared_slot *choose(struct point *point)
{
    const struct back_end at = {point->first_eval, point->ns};

    chosen_for = point;
    struct shared_slot *slot = back_choose(&run.options, run.page, &at, is_out_or_extra);
    if (slot == NULL)
        slot = back_choose(&run.options, run.page, &at, is_out);
    point->snapshot = slot != NULL ? slot->number : 0;
    return slot;
}

/* The one that was chosen, or where that has died the next one. */
static struct shared_slot *chosen(struct point *point)
{
    for (unsigned i = 0; point->snapshot != 0 && i < SHARED_PAGE_SLOTS; i++) {
        struct shared_slot *slot = &run.page->slots[i];
        int32_t pid = atomic_load(&slot->pid);
        if (pid != 0 && slot->number == point->snapshot && !other_process_is_over(pid))
            return slot;
    }
    return choose(point);
}

static bool is_wanted(uint64_t number)
{
    return points_plan_wants(&plan, number);
}

/* Before another snapshot is taken, so that those which there are lie before the point. */
static void note_passed(struct point *point)
{
    if (point == NULL)
        return;
    point->ns = clock_ns();
    point->newest = keeper_figures()->taken;
    waits = true;
    choose(point);
    keeper_hold(is_wanted);
}

/* --- what has come --- */

static void take_request(void)
{
    uint64_t evals = atomic_load(&requested);

    if (evals == 0)
        return;
    atomic_store(&request_waits, true);
    if (atomic_compare_exchange_strong(&requested, &evals, 0))
        note_passed(points_plan_add(&plan, END_REQUEST, evals - 1, "", ""));
}

/* Where very many match, each block of output would have to be searched line by line for the count alone. */
static void take_hit(const struct match_hit *hit)
{
    note_passed(points_plan_add(&plan, END_TRIGGER, hit->eval, hit->line, hit->place));
    if (plan.left_out >= COUNTED_MOST)
        match_end_triggers();
}

static void take_hits(void)
{
    struct match_hit hit;

    while (match_next_trigger(&hit))
        take_hit(&hit);
}

static void pass_evals(uint64_t complete)
{
    struct point *point;

    while ((point = points_plan_pass(&plan, complete)) != NULL)
        note_passed(point);
}

static void pass_times(uint64_t eval, uint64_t time)
{
    const uint64_t before = search.eval;
    struct point *point;

    untold = 0;
    while ((point = points_plan_pass_time(&plan, time, before, eval)) != NULL)
        note_passed(point);
    time_search_look(&search, eval, time, points_plan_time(&plan));
}

/* --- their replays --- */

static void describe(const struct point *point, uint64_t evals, struct shared_point *asked)
{
    uint64_t left = u64_difference(evals, point->last_eval);

    *asked = (struct shared_point){
        .kind = point->kind,
        .first_eval = point->first_eval,
        .last_eval = point->last_eval,
        .time = point->is_time ? point->goal : END_TIME_UNKNOWN,
        .after_evals = u64_min(plan.after_evals, left), /* or the run ends before */
        .ns = point->ns,
    };
    memcpy(asked->line, point->line, sizeof asked->line);
    memcpy(asked->place, point->place, sizeof asked->place);
}

/* One line for the first at once, one for all others at the end: there may be hundreds. */
static void say_lost(const struct point *point)
{
    if (lost++ == 0)
        points_lines_lost(point);
}

static void begin_replay(struct point *point)
{
    struct shared_point asked;
    struct shared_slot *slot = chosen(point);

    if (slot == NULL) {
        say_lost(point);
        point->state = POINT_DONE;
        return;
    }
    describe(point, run.hooks->evals(), &asked);
    if (!request_begin(slot, &asked))
        return;
    point->state = POINT_REPLAYS;
    replaying = point;
}

static struct shared_slot *chosen_for_request(const struct shared_point *asked)
{
    const struct back_end now = {asked->last_eval, asked->ns};

    return back_choose(&run.options, run.page, &now, other_process_is_over);
}

/* A request that began at once waits in no plan. Since then snapshots may have been taken behind it. */
static bool ask_another(void)
{
    const struct shared_point asked = run.page->point;
    struct shared_slot *slot = chosen_for_request(&asked);

    return slot != NULL && slot->eval <= asked.last_eval && request_begin(slot, &asked);
}

/* A snapshot that was given up gives way to the next one. */
static void end_replay(enum request_state state)
{
    if (state == REQUEST_IN_VAIN || state == REQUEST_NO_ANSWER)
        atomic_store(&run.page->asked_pid, 0);
    if (state == REQUEST_IN_VAIN && replaying == NULL && ask_another())
        return;
    if (state == REQUEST_NO_ANSWER || (state == REQUEST_IN_VAIN && replaying == NULL))
        points_lines_in_vain(state);
    if (replaying != NULL)
        replaying->state = state == REQUEST_IN_VAIN ? POINT_PASSED : POINT_DONE;
    replaying = NULL;
}

static void look_at_replay(void)
{
    enum request_state state = request_look();

    if (state != REQUEST_RUNS)
        end_replay(state);
}

static uint64_t left_out(void)
{
    return plan.left_out + match_triggers_lost();
}

/* What only waits for another replay is looked at when a look comes anyway: at each eval that would hold up
 * the simulator for as long as the other one takes. */
static void count_points(uint64_t complete)
{
    unsigned waiting = points_plan_count(&plan, POINT_PASSED);

    waits = waiting > 0 || replaying != NULL;
    next_eval = u64_sum(points_plan_next(&plan, complete), 1);
    atomic_store(&request_waits, points_plan_has_request(&plan));
    atomic_store(&run.page->points_waiting, waiting);
    atomic_store(&run.page->points_left_out, left_out());
    keeper_hold(is_wanted);
}

static void look(uint64_t complete)
{
    struct point *point;

    take_hits();
    take_request();
    pass_evals(complete);
    look_at_replay();
    while (request_look() == REQUEST_OVER && (point = points_plan_ripe(&plan, complete)) != NULL)
        begin_replay(point);
    count_points(complete);
}

/* --- at evals --- */

static bool is_due(uint64_t eval)
{
    return eval >= next_eval || waits || atomic_load_explicit(&requested, memory_order_relaxed) != 0;
}

void points_look(uint64_t eval)
{
    struct match_hit hit;
    bool is_hit = run.options.trigger != NULL && match_next_trigger(&hit);

    if ((!is_hit && !is_due(eval)) || !role_is_self())
        return;
    keeper_lock();
    uint64_t mask = signal_mask_block_all();
    if (is_hit)
        take_hit(&hit);
    look(eval - 1);
    keeper_lock_leave();
    signal_mask_restore(mask);
}

/* A function of the testbench may wait for what the thread that evals holds, and would do so each time. */
static void time_is_untold(uint64_t eval)
{
    search.next_eval = ++untold < UNTOLD_MOST ? u64_sum(eval, eval) : UINT64_MAX;
}

void points_eval_done(uint64_t eval)
{
    if (eval < search.next_eval || !role_is_self())
        return;
    keeper_lock();
    uint64_t mask = signal_mask_block_all();
    uint64_t time = time_beside_ask();
    if (time != END_TIME_UNKNOWN)
        pass_times(eval, time);
    else
        time_is_untold(eval);
    if (waits)
        run.hooks->due_in(1);
    keeper_lock_leave();
    signal_mask_restore(mask);
}

/* --- a request --- */

/* Where the waveform may end now, it need not wait for an eval: the simulator may hang. */
static bool may_begin_at_once(void)
{
    return plan.after_evals == 0 && !waits && atomic_load(&requested) == 0;
}

/* Since the one that waits came, no eval has begun: what it waits for does not come. It is taken over. */
static bool take_over_still_one(void)
{
    uint64_t waiting = atomic_load(&requested);
    uint64_t still_ns = clock_ns() - atomic_load(&requested_ns);

    if (waiting != run.hooks->evals() + 1 || still_ns < STILL_NS ||
        !atomic_compare_exchange_strong(&requested, &waiting, 0))
        return false;
    points_lines_still(still_ns);
    return true;
}

static enum threads_answer request_now(void)
{
    struct shared_point asked = {
        .kind = END_REQUEST,
        .first_eval = run.hooks->evals(),
        .last_eval = run.hooks->evals(),
        .time = END_TIME_UNKNOWN,
        .ns = clock_ns(),
    };
    struct shared_slot *slot = chosen_for_request(&asked);

    if (slot == NULL) {
        log_line(LOG_INFO, "a waveform is asked for, but there is no snapshot");
        return THREADS_NO_SNAPSHOT;
    }
    if (request_begin(slot, &asked))
        return THREADS_BEGINS;
    points_lines_asked_before();
    return THREADS_ASKED_BEFORE;
}

/* One waits at most. */
static enum threads_answer request_later(bool under_way)
{
    const bool for_others = under_way || waits;
    const uint64_t evals = run.hooks->evals();
    uint64_t none = 0;

    if (atomic_load(&requested) == 0)
        atomic_store(&requested_ns, clock_ns());
    if (atomic_load(&request_waits) || !atomic_compare_exchange_strong(&requested, &none, evals + 1)) {
        points_lines_asked_before();
        return THREADS_ASKED_BEFORE;
    }
    points_lines_waits(evals, plan.after_evals, for_others);
    run.hooks->due_in(1);
    return for_others ? THREADS_WAITS_FOR_OTHERS : THREADS_WAITS_FOR_EVALS;
}

enum threads_answer points_request(void)
{
    if (!role_is_original()) /* a snapshot was taken meanwhile, and this is its replay; or it is a child */
        return THREADS_NO_ANSWER;
    const bool under_way = request_is_under_way();
    if (!under_way && (may_begin_at_once() || take_over_still_one()))
        return request_now();
    return request_later(under_way);
}

/* --- at the end --- */

/* The last eval may not be complete: then it is where the run ended. */
bool points_are_left(const struct end *end)
{
    if (run.page == NULL)
        return false;
    if (run.options.trigger != NULL)
        match_search_apart();
    take_hits();
    take_request();
    pass_evals(end->eval);
    uint64_t time = search.next_eval != UINT64_MAX ? time_beside_ask() : END_TIME_UNKNOWN;
    if (time != END_TIME_UNKNOWN)
        pass_times(end->eval, time);
    return waits || request_look() != REQUEST_OVER;
}

void points_finish(const struct end *end)
{
    const uint64_t echo_ns = impatient_echo_ns(end, clock_ns());
    enum request_state state;
    struct point *point = NULL;

    do {
        if (point != NULL)
            begin_replay(point);
        count_points(end->eval);
        impatience = request_await(echo_ns, &state);
        end_replay(state);
        point = points_plan_ripe(&plan, UINT64_MAX);
    } while (impatience == 0 && (point != NULL || request_look() != REQUEST_OVER));
    count_points(end->eval);
}

void points_say_missed(void)
{
    const struct points_lines_missed missed = {
        .untold = untold == UNTOLD_MOST,
        .lost = lost,
        .impatience = impatience,
        .left_out = left_out(),
        .left_out_more = left_out() >= COUNTED_MOST,
    };

    points_lines_missed(&plan, &missed);
}

/* Should the exec fail, those that are to come may still come. */
void points_give_up(uint64_t evals)
{
    const struct end end = {.kind = END_FINISH, .eval = evals};

    points_are_left(&end);
    points_lines_given_up(&plan);
    points_plan_drop(&plan);
    count_points(evals);
}
