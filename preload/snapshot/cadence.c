/* SPDX-License-Identifier: MIT */
/* A look costs a call into C, so looks are rare: the rate of evals since the last look says how many evals
 * fill the time to the next one. */
#include "snapshot/cadence.h"

#include "base/clock.h"
#include "base/u64.h"

#define LOOK_MAX_NS     UINT64_C(10000000) /* a look every 10 ms at least ... */
#define LOOKS_PER_WAIT  16u                /* ... and so many in the time between two snapshots */
#define GROWTH_PER_LOOK 4u                 /* one fast stretch must not make us blind for long */
#define BARRED_LEAST_NS (SECOND_NS / 10)   /* who waits less has met no thread that never stops */
#define BARRED_FACTOR   2u        /* a try in vain: so many times as long as it took, doubled each time ... */
#define BARRED_DOUBLED  10u       /* ... so often at most */
#define RETRY_NS        SECOND_NS /* to the next try where there is no snapshot, ... */
#define RETRIES         5u        /* ... twice as long each time, and then as the budget allows */
#define AUTO_LEAST_NS   SECOND_NS
#define UNSEEN_PART     8u                     /* of what was seen */
#define ALONE           1000u                  /* it has a processor for itself */
#define SHARED_MOST     (UINT64_C(16) * ALONE) /* who waits that much for others is in no hurry */
#define SHARED_LEAST_NS (SECOND_NS / 4)        /* before that a share says nothing */
#define GRACE_NS        (SECOND_NS / 4) /* for a run that is young, and must do without a snapshot else */

void cadence_init(struct cadence *cadence, const struct options_interval *interval, uint32_t budget_ppm,
                  uint64_t start_ns)
{
    *cadence = (struct cadence){
        .interval = *interval,
        .budget_ppm = budget_ppm,
        .shared_by = ALONE,
        .wait_ns = interval->kind == INTERVAL_TIME ? interval->ns : AUTO_LEAST_NS,
        .since_ns = start_ns,
        .start_ns = start_ns,
        .look_ns = start_ns,
        .early_ns = UINT64_MAX,
        .stride_evals = 1,
    };
}

bool cadence_is_due(const struct cadence *cadence, uint64_t now_ns, uint64_t evals)
{
    if (!cadence->begun || now_ns >= cadence->early_ns)
        return true;
    if (cadence->interval.kind == INTERVAL_EVALS)
        return evals >= cadence->next_eval;
    return u64_difference(now_ns, cadence->since_ns) >= cadence->wait_ns;
}

/* The first snapshot comes at the first eval, the others at exact distances from it. */
static struct cadence_step step_by_evals(struct cadence *cadence, uint64_t now_ns, uint64_t evals)
{
    struct cadence_step step = {.snapshot =
                                    cadence_is_due(cadence, now_ns, evals) && now_ns >= cadence->barred_ns};

    if (!cadence->begun || evals >= cadence->next_eval)
        cadence->next_eval = u64_sum(evals, u64_max(cadence->interval.evals, 1));
    step.look_in_evals = cadence->next_eval - evals;
    return step;
}

/* How many evals fit into aim_ns at the pace since the last look. An eval takes 1 ns at least: that bounds
 * the stride while the clock stands still. */
static uint64_t stride_for(const struct cadence *cadence, uint64_t aim_ns, uint64_t now_ns, uint64_t evals)
{
    uint64_t passed_evals = u64_difference(evals, cadence->look_eval);
    uint64_t passed_ns = u64_max(u64_difference(now_ns, cadence->look_ns), passed_evals);
    uint64_t stride;

    if (passed_evals == 0) /* looked twice in one eval: nothing was learned */
        return cadence->stride_evals;
    stride = u64_scaled(aim_ns, passed_evals, passed_ns);
    return u64_max(u64_min(stride, u64_product(cadence->stride_evals, GROWTH_PER_LOOK)), 1);
}

static struct cadence_step step_by_time(struct cadence *cadence, uint64_t now_ns, uint64_t evals)
{
    uint64_t waited_ns = u64_difference(now_ns, cadence->since_ns);
    uint64_t aim_ns = u64_min(cadence->wait_ns / LOOKS_PER_WAIT, LOOK_MAX_NS);
    struct cadence_step step = {.snapshot =
                                    cadence_is_due(cadence, now_ns, evals) && now_ns >= cadence->barred_ns};

    if (waited_ns < cadence->wait_ns)
        aim_ns = u64_min(aim_ns, cadence->wait_ns - waited_ns);
    if (cadence->begun)
        cadence->stride_evals = stride_for(cadence, aim_ns, now_ns, evals);
    cadence->look_ns = now_ns;
    cadence->look_eval = evals;
    step.look_in_evals = cadence->stride_evals;
    return step;
}

struct cadence_step cadence_step(struct cadence *cadence, uint64_t now_ns, uint64_t evals)
{
    struct cadence_step step = cadence->interval.kind == INTERVAL_EVALS
                                   ? step_by_evals(cadence, now_ns, evals)
                                   : step_by_time(cadence, now_ns, evals);

    cadence->begun = true;
    return step;
}

uint64_t cadence_due_ns(const struct cadence *cadence)
{
    uint64_t turn_ns =
        cadence->interval.kind == INTERVAL_EVALS ? UINT64_MAX : u64_sum(cadence->since_ns, cadence->wait_ns);

    return u64_max(u64_min(turn_ns, cadence->early_ns), cadence->barred_ns);
}

uint64_t cadence_left(const struct cadence *cadence, uint64_t now_ns, uint64_t evals)
{
    bool is_by_evals = cadence->interval.kind == INTERVAL_EVALS;
    uint64_t turn = is_by_evals ? cadence->interval.evals : cadence->wait_ns;
    uint64_t left = is_by_evals ? u64_difference(cadence->next_eval, evals)
                                : u64_difference(u64_sum(cadence->since_ns, turn), now_ns);

    return u64_scaled(left, CADENCE_ALL, u64_max(u64_difference(turn, left), 1));
}

/* How long the simulator must run for the budget to have room for that cost, and for what nobody can measure:
 * colder caches, and an error of some percent. */
static uint64_t run_for_ns(const struct cadence *cadence, uint64_t cost_ns)
{
    uint64_t used_ns = u64_scaled(u64_sum(cost_ns, cost_ns / UNSEEN_PART), OPTIONS_PPM, cadence->budget_ppm);

    return u64_scaled(used_ns, cadence->shared_by, ALONE);
}

static uint64_t earned_after_ns(const struct cadence *cadence, uint64_t cost_ns)
{
    return u64_max(AUTO_LEAST_NS, run_for_ns(cadence, cost_ns));
}

/* The last one must have earned its cost since it was taken, and the run all that was spent and what the next
 * one will: without that a run would be far past its budget until it is old. */
static void wait_by_budget(struct cadence *cadence)
{
    uint64_t all_ns = u64_sum(u64_sum(cadence->spent_ns, cadence->cost_ns),
                              u64_max(cadence->cost_ns, cadence->next_cost_ns));
    uint64_t by_run_ns =
        u64_difference(u64_sum(cadence->start_ns, run_for_ns(cadence, all_ns)), cadence->since_ns);

    if (cadence->interval.kind == INTERVAL_AUTO)
        cadence->wait_ns = u64_max(earned_after_ns(cadence, cadence->cost_ns), by_run_ns);
}

/* The next one waits its turn. */
static void begin_turn(struct cadence *cadence, uint64_t now_ns, uint64_t evals, uint64_t cost_ns)
{
    cadence->since_ns = now_ns;
    cadence->early_ns = UINT64_MAX;
    cadence->spent_ns = u64_sum(cadence->spent_ns, cadence->cost_ns);
    cadence->cost_ns = cost_ns;
    cadence->look_ns = now_ns; /* the stall is no part of the evals' pace */
    cadence->look_eval = evals;
    wait_by_budget(cadence);
}

void cadence_snapshot_taken(struct cadence *cadence, uint64_t now_ns, uint64_t evals, uint64_t cost_ns)
{
    cadence->next_cost_ns = 0;
    begin_turn(cadence, now_ns, evals, cost_ns);
    cadence->stuck_tries = cadence->early_tries = 0;
}

void cadence_failed(struct cadence *cadence, uint64_t now_ns, uint64_t evals, uint64_t cost_ns, bool is_stuck,
                    bool is_bare)
{
    cadence->next_cost_ns = u64_max(cadence->next_cost_ns, cadence->cost_ns);
    begin_turn(cadence, now_ns, evals, cost_ns);
    if (is_stuck && cadence->stuck_tries < BARRED_DOUBLED)
        cadence->stuck_tries++;
    if (is_stuck && cost_ns >= BARRED_LEAST_NS)
        cadence->barred_ns =
            u64_sum(now_ns, u64_product(cost_ns, (uint64_t)BARRED_FACTOR << cadence->stuck_tries));
    if (is_bare && cadence->early_tries < RETRIES)
        cadence->early_ns = u64_sum(now_ns, RETRY_NS << cadence->early_tries++);
}

void cadence_cost(struct cadence *cadence, uint64_t cost_ns, uint64_t next_cost_ns)
{
    cadence->cost_ns = cost_ns;
    cadence->next_cost_ns = u64_max(cadence->next_cost_ns, next_cost_ns);
    wait_by_budget(cadence);
}

void cadence_used(struct cadence *cadence, uint64_t now_ns, uint64_t used_ns)
{
    uint64_t ran_ns = u64_difference(now_ns, cadence->start_ns);

    if (ran_ns < SHARED_LEAST_NS)
        return;
    uint64_t shared_by = u64_scaled(ran_ns, ALONE, used_ns);
    cadence->shared_by = (uint32_t)u64_min(u64_max(shared_by, ALONE), SHARED_MOST);
}

void cadence_none_left(struct cadence *cadence, uint64_t now_ns)
{
    uint64_t cost_ns = cadence->cost_ns;
    uint64_t run_cost_ns = u64_difference(u64_sum(cadence->spent_ns, cost_ns), GRACE_NS);
    uint64_t by_run_ns = u64_sum(cadence->start_ns, run_for_ns(cadence, run_cost_ns));
    uint64_t by_last_ns = u64_sum(cadence->since_ns, earned_after_ns(cadence, cost_ns));

    cadence->early_ns = u64_max(u64_min(by_run_ns, by_last_ns), now_ns);
}
