/* SPDX-License-Identifier: MIT */
/* A portion, a comparison, and then all or little: see huge_plan.h. */
#include "snapshot/huge_plan.h"

#include "base/clock.h"
#include "base/u64.h"
#include "options/options.h"

#define YOUNG_NS       (2 * SECOND_NS)
#define ROUNDS_MOST_NS (60 * SECOND_NS) /* from one round to the next */
#define PRICE_NS       UINT64_C(600000) /* of a piece, as long as nothing is known */
#define BUDGET_PART    2u               /* snapshots have the other half */
#define PORTION_PART   16u
#define WINDOW_NS      (SECOND_NS / 4) /* or, where that is more, ... */
#define WINDOW_PART    32u             /* ... so much of the run */
#define FAULT_NS       5000u           /* a window with many is void: a snapshot's copies are in it */
#define FAULT_PART     200u
#define VOID_MOST      16u
#define GAIN_PART      100u /* a smaller gain may be chance */

#define MANY      32u  /* copies in a piece, ... */
#define MANY_FAST 8u   /* ... or where they come as fast ... */
#define FAST_PART 10u  /* ... but for a tenth as at first */
#define WORTH     240u /* copies take as long as to make a huge page */

void huge_plan_init(struct huge_plan *plan, uint32_t budget_ppm, uint64_t now_ns)
{
    *plan = (struct huge_plan){
        .budget_ppm = budget_ppm,
        .begun_ns = now_ns,
        .due_ns = now_ns + YOUNG_NS,
        .price_ns = PRICE_NS,
    };
}

static void rest(struct huge_plan *plan, uint64_t now_ns)
{
    plan->state = HUGE_PLAN_REST;
    plan->left = 0;
    plan->due_ns = now_ns + u64_min(now_ns - plan->begun_ns, ROUNDS_MOST_NS);
}

static void begin_window(struct huge_plan *plan, const struct huge_plan_now *now)
{
    plan->since = *now;
    plan->due_ns = now->ns + u64_max(WINDOW_NS, (now->ns - plan->begun_ns) / WINDOW_PART);
}

static void begin_windows(struct huge_plan *plan, const struct huge_plan_now *now, enum huge_plan_state state)
{
    plan->state = state;
    plan->windows = plan->void_windows = 0;
    begin_window(plan, now);
}

/* Less says nothing. */
static uint64_t least_portion(const struct huge_plan *plan)
{
    return u64_max(HUGE_PLAN_LEAST, plan->small / PORTION_PART);
}

void huge_plan_counted(struct huge_plan *plan, const struct huge_plan_now *now, uint64_t small)
{
    uint64_t earned_ns = u64_scaled(now->ns - plan->begun_ns, plan->budget_ppm, OPTIONS_PPM) / BUDGET_PART;
    uint64_t room;

    plan->room_ns = u64_difference(earned_ns, plan->spent_ns);
    room = plan->room_ns / plan->price_ns;
    plan->small = small;
    plan->portion = u64_min(room, small);
    if (small < HUGE_PLAN_LEAST || room < least_portion(plan))
        rest(plan, now->ns);
    else
        begin_windows(plan, now, HUGE_PLAN_BEFORE);
}

/* In picoseconds an eval; 0: it says nothing. */
static uint64_t window(const struct huge_plan *plan, const struct huge_plan_now *now)
{
    uint64_t used_ns = u64_difference(now->used_ns, plan->since.used_ns);
    uint64_t faults = u64_difference(now->faults, plan->since.faults);
    uint64_t evals = u64_difference(now->eval, plan->since.eval);

    if (evals == 0 || faults * FAULT_NS > used_ns / FAULT_PART)
        return 0;
    return u64_scaled(used_ns, 1000, evals);
}

/* True: both are there. */
static bool close_window(struct huge_plan *plan, const struct huge_plan_now *now, uint64_t *windows)
{
    uint64_t eval_ps = window(plan, now);

    if (eval_ps != 0)
        windows[plan->windows++] = eval_ps;
    else
        plan->void_windows++;
    begin_window(plan, now);
    return plan->windows == 2;
}

static uint64_t apart(const uint64_t *windows)
{
    return u64_max(windows[0], windows[1]) - u64_min(windows[0], windows[1]);
}

/* Chance is what windows differ by that should be alike. The portion must have won back, in the time that the
 * run may go on for, what it has cost: then so will the rest. */
static void decide(struct huge_plan *plan, uint64_t now_ns)
{
    uint64_t before = u64_min(plan->before[0], plan->before[1]);
    uint64_t after = u64_min(plan->after[0], plan->after[1]);
    uint64_t chance = apart(plan->before) + apart(plan->after) + before / GAIN_PART;
    uint64_t won_ns = u64_scaled(now_ns - plan->begun_ns, u64_difference(before, after), before);

    rest(plan, now_ns);
    if (after > before + chance)
        plan->due_ns = UINT64_MAX; /* evals have become slower: no more of it */
    else if (before > after + chance && won_ns > plan->portion * plan->price_ns &&
             plan->small > plan->portion) {
        plan->state = HUGE_PLAN_ALL;
        plan->left = plan->small - plan->portion;
    }
}

bool huge_plan_is_due(const struct huge_plan *plan, uint64_t now_ns)
{
    return plan->left > 0 || now_ns >= plan->due_ns;
}

enum huge_plan_step huge_plan_step(struct huge_plan *plan, const struct huge_plan_now *now)
{
    if (plan->left > 0)
        return HUGE_PLAN_COLLAPSE;
    if (now->ns < plan->due_ns)
        return HUGE_PLAN_WAIT;
    if (plan->state == HUGE_PLAN_REST)
        return HUGE_PLAN_COUNT;
    if (plan->void_windows == VOID_MOST)
        rest(plan, now->ns);
    else if (plan->state == HUGE_PLAN_BEFORE && close_window(plan, now, plan->before)) {
        plan->state = HUGE_PLAN_TRIAL;
        plan->left = plan->portion;
    } else if (plan->state == HUGE_PLAN_AFTER && close_window(plan, now, plan->after))
        decide(plan, now->ns);
    return plan->left > 0 ? HUGE_PLAN_COLLAPSE : HUGE_PLAN_WAIT;
}

/* What came true of it. It may be dearer than was thought. */
static void end_trial(struct huge_plan *plan, const struct huge_plan_now *now)
{
    plan->portion -= plan->left;
    plan->left = 0;
    if (plan->portion < least_portion(plan))
        rest(plan, now->ns);
    else
        begin_windows(plan, now, HUGE_PLAN_AFTER);
}

static void learn_price(struct huge_plan *plan, uint64_t pieces, uint64_t took_ns)
{
    uint64_t price_ns = u64_max(took_ns / pieces, 1);

    plan->price_ns = plan->is_price_known ? (plan->price_ns + price_ns) / 2 : price_ns;
    plan->is_price_known = true;
}

void huge_plan_collapsed(struct huge_plan *plan, const struct huge_plan_now *now, uint64_t pieces,
                         uint64_t took_ns, bool is_end)
{
    if (pieces > 0)
        learn_price(plan, pieces, took_ns);
    plan->left = u64_difference(plan->left, pieces);
    if (plan->state == HUGE_PLAN_TRIAL) {
        plan->spent_ns += took_ns;
        plan->room_ns = u64_difference(plan->room_ns, took_ns);
        if (is_end || plan->left == 0 || plan->room_ns == 0)
            end_trial(plan, now);
    } else if (is_end || plan->left == 0)
        rest(plan, now->ns);
}

bool huge_plan_is_earned(const struct huge_plan *plan)
{
    return plan->state == HUGE_PLAN_ALL;
}

unsigned huge_plan_many(uint64_t copies_then, uint64_t evals_then, uint64_t copies_now, uint64_t evals_now)
{
    uint64_t expected =
        u64_scaled(copies_then, u64_difference(evals_now, evals_then), u64_max(evals_then, 1));
    uint64_t found = u64_difference(copies_now, copies_then);

    return expected > 0 && found >= expected - expected / FAST_PART ? MANY_FAST : MANY;
}

bool huge_plan_pays(uint64_t copies, uint64_t left, uint64_t all, uint64_t pieces)
{
    return u64_scaled(copies, left, all) > u64_product(pieces, WORTH);
}
