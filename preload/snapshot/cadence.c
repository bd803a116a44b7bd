/* SPDX-License-Identifier: MIT */
/* A look costs a call into C, so looks are rare: the rate of evals since the last look says how many evals
 * fill the time to the next one. Arithmetic saturates; clocks may stand still or step back. */
#include "snapshot/cadence.h"

#define SECOND_NS       UINT64_C(1000000000)
#define LOOK_MAX_NS     UINT64_C(10000000)  /* a look every 10 ms at least ... */
#define LOOKS_PER_WAIT  16u                 /* ... and so many in the time between two snapshots */
#define GROWTH_PER_LOOK 4u                  /* one fast stretch must not make us blind for long */
#define HELD_LEAST_NS   UINT64_C(100000000) /* who waits less than this has met no thread that never stops */
#define HELD_FACTOR     2u        /* a try in vain: so many times as long as it took, doubled each time ... */
#define HELD_DOUBLED    10u       /* ... so often at most */
#define RETRY_NS        SECOND_NS /* to the next try where there is no snapshot, ... */
#define RETRIES         5u        /* ... twice as long each time, and then as the budget allows */
#define AUTO_LEAST_NS   SECOND_NS
#define GRACE_NS        (SECOND_NS / 4) /* for a run that is young, and must do without a snapshot else */

static uint64_t at_most(uint64_t value, uint64_t limit)
{
    return value < limit ? value : limit;
}

static uint64_t at_least(uint64_t value, uint64_t limit)
{
    return value > limit ? value : limit;
}

static uint64_t sum(uint64_t a, uint64_t b)
{
    return a > UINT64_MAX - b ? UINT64_MAX : a + b;
}

static uint64_t difference(uint64_t later, uint64_t earlier)
{
    return later > earlier ? later - earlier : 0;
}

/* value * by / from; UINT64_MAX where it does not fit or from is 0. */
static uint64_t scaled(uint64_t value, uint64_t by, uint64_t from)
{
    unsigned __int128 product = (unsigned __int128)value * by;

    if (from == 0 || product / from > UINT64_MAX)
        return UINT64_MAX;
    return (uint64_t)(product / from);
}

void cadence_init(struct cadence *cadence, const struct options_interval *interval, uint32_t budget_ppm,
                  uint64_t start_ns)
{
    *cadence = (struct cadence){
        .interval = *interval,
        .budget_ppm = budget_ppm,
        .wait_ns = interval->kind == INTERVAL_TIME ? interval->ns : AUTO_LEAST_NS,
        .since_ns = start_ns,
        .start_ns = start_ns,
        .look_ns = start_ns,
        .early_ns = UINT64_MAX,
        .stride_evals = 1,
    };
}

/* The first snapshot comes at the first eval, the others at exact distances from it. */
static struct cadence_step step_by_evals(struct cadence *cadence, uint64_t now_ns, uint64_t evals)
{
    struct cadence_step step = {.snapshot = !cadence->begun || evals >= cadence->next_eval};

    if (step.snapshot)
        cadence->next_eval = sum(evals, at_least(cadence->interval.evals, 1));
    else
        step.snapshot = now_ns >= cadence->early_ns;
    step.snapshot = step.snapshot && now_ns >= cadence->held_ns;
    step.look_in_evals = cadence->next_eval - evals;
    return step;
}

/* How many evals fit into aim_ns at the pace since the last look. An eval takes 1 ns at least: that bounds
 * the stride while the clock stands still. */
static uint64_t stride_for(const struct cadence *cadence, uint64_t aim_ns, uint64_t now_ns, uint64_t evals)
{
    uint64_t passed_evals = difference(evals, cadence->look_eval);
    uint64_t passed_ns = at_least(difference(now_ns, cadence->look_ns), passed_evals);
    uint64_t stride;

    if (passed_evals == 0) /* looked twice in one eval: nothing was learned */
        return cadence->stride_evals;
    stride = scaled(aim_ns, passed_evals, passed_ns);
    return at_least(at_most(stride, scaled(cadence->stride_evals, GROWTH_PER_LOOK, 1)), 1);
}

static struct cadence_step step_by_time(struct cadence *cadence, uint64_t now_ns, uint64_t evals)
{
    uint64_t waited_ns = difference(now_ns, cadence->since_ns);
    uint64_t aim_ns = at_most(cadence->wait_ns / LOOKS_PER_WAIT, LOOK_MAX_NS);
    struct cadence_step step = {.snapshot = !cadence->begun || waited_ns >= cadence->wait_ns ||
                                            now_ns >= cadence->early_ns};

    step.snapshot = step.snapshot && now_ns >= cadence->held_ns;
    if (waited_ns < cadence->wait_ns)
        aim_ns = at_most(aim_ns, cadence->wait_ns - waited_ns);
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

/* How long the simulator must run for the budget to have room for that cost. */
static uint64_t earned_after_ns(const struct cadence *cadence, uint64_t cost_ns)
{
    return at_least(AUTO_LEAST_NS, scaled(cost_ns, OPTIONS_PPM, cadence->budget_ppm));
}

/* The next one waits its turn. */
static void begin_turn(struct cadence *cadence, uint64_t now_ns, uint64_t evals, uint64_t cost_ns)
{
    cadence->since_ns = now_ns;
    cadence->early_ns = UINT64_MAX;
    cadence->spent_ns = sum(cadence->spent_ns, cadence->cost_ns);
    cadence->cost_ns = cost_ns;
    cadence->look_ns = now_ns; /* the stall is no part of the evals' pace */
    cadence->look_eval = evals;
    if (cadence->interval.kind == INTERVAL_AUTO)
        cadence->wait_ns = earned_after_ns(cadence, cost_ns);
}

void cadence_snapshot_taken(struct cadence *cadence, uint64_t now_ns, uint64_t evals, uint64_t cost_ns)
{
    begin_turn(cadence, now_ns, evals, cost_ns);
    cadence->stuck_tries = cadence->early_tries = 0;
}

void cadence_failed(struct cadence *cadence, uint64_t now_ns, uint64_t evals, uint64_t cost_ns, bool is_stuck,
                    bool is_bare)
{
    begin_turn(cadence, now_ns, evals, cost_ns);
    if (is_stuck && cadence->stuck_tries < HELD_DOUBLED)
        cadence->stuck_tries++;
    if (is_stuck && cost_ns >= HELD_LEAST_NS)
        cadence->held_ns = sum(now_ns, scaled(cost_ns, (uint64_t)HELD_FACTOR << cadence->stuck_tries, 1));
    if (is_bare && cadence->early_tries < RETRIES)
        cadence->early_ns = sum(now_ns, RETRY_NS << cadence->early_tries++);
}

void cadence_cost(struct cadence *cadence, uint64_t cost_ns)
{
    cadence->cost_ns = at_least(cost_ns, cadence->cost_ns);
    if (cadence->interval.kind == INTERVAL_AUTO)
        cadence->wait_ns = at_least(cadence->wait_ns, earned_after_ns(cadence, cadence->cost_ns));
}

void cadence_none_left(struct cadence *cadence, uint64_t now_ns)
{
    uint64_t cost_ns = cadence->cost_ns;
    uint64_t run_cost_ns = difference(sum(cadence->spent_ns, cost_ns), GRACE_NS);
    uint64_t by_run_ns = sum(cadence->start_ns, scaled(run_cost_ns, OPTIONS_PPM, cadence->budget_ppm));
    uint64_t by_last_ns = sum(cadence->since_ns, earned_after_ns(cadence, cost_ns));

    cadence->early_ns = at_least(at_most(by_run_ns, by_last_ns), now_ns);
}
