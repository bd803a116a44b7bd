/* SPDX-License-Identifier: MIT */
/* See points_plan.h. Points are few, and looked at rarely: each question goes through the whole list. Which
 * of two came first the eval says, and where that is the same the place in the list. */
#include "original/points_plan.h"

#include <stddef.h>

#include "base/text.h"
#include "base/u64.h"

void points_plan_init(struct points_plan *plan, const struct options *options)
{
    plan->count = 0;
    plan->triggered = UINT64_MAX;
    plan->left_out = 0;
    plan->triggers = (unsigned)options->triggers;
    plan->after_evals = options->after_evals;
    for (unsigned i = 0; i < options->at.count; i++)
        plan->list[plan->count++] = (struct point){
            .state = POINT_COMES,
            .kind = END_AT,
            .is_time = options->at.points[i].is_time,
            .goal = options->at.points[i].value,
        };
}

/* What was done leaves its place. */
static struct point *find_place(struct points_plan *plan)
{
    for (unsigned i = 0; i < plan->count; i++)
        if (plan->list[i].state == POINT_DONE)
            return &plan->list[i];
    return plan->count < POINTS_PLAN_MAX ? &plan->list[plan->count++] : NULL;
}

struct point *points_plan_add(struct points_plan *plan, enum end_kind kind, uint64_t eval, const char *line,
                              const char *place)
{
    bool is_counted = kind == END_TRIGGER;

    if (is_counted && plan->triggered == eval)
        return NULL;
    struct point *point = is_counted && plan->triggers == 0 ? NULL : find_place(plan);

    if (point == NULL) {
        plan->left_out++;
        return NULL;
    }
    plan->triggers -= is_counted;
    if (is_counted)
        plan->triggered = eval;
    *point = (struct point){.state = POINT_PASSED, .kind = kind, .first_eval = eval, .last_eval = eval};
    text_print(point->line, sizeof point->line, "%s", line);
    text_print(point->place, sizeof point->place, "%s", place);
    return point;
}

/* The first of these in that order; by evals as `eval` says. */
static struct point *lowest(struct points_plan *plan, bool (*is_meant)(const struct point *, uint64_t),
                            uint64_t argument, uint64_t (*eval)(const struct point *))
{
    struct point *found = NULL;

    for (unsigned i = 0; i < plan->count; i++) {
        struct point *point = &plan->list[i];
        if (is_meant(point, argument) && (found == NULL || eval(point) < eval(found)))
            found = point;
    }
    return found;
}

static uint64_t goal_of(const struct point *point)
{
    return point->goal;
}

static uint64_t passed_at(const struct point *point)
{
    return point->first_eval;
}

static bool has_come(const struct point *point, uint64_t complete)
{
    return point->state == POINT_COMES && !point->is_time && point->goal <= complete;
}

static bool has_time_come(const struct point *point, uint64_t time)
{
    return point->state == POINT_COMES && point->is_time && point->goal <= time;
}

static struct point *pass(struct point *point, uint64_t first_eval, uint64_t last_eval)
{
    if (point == NULL)
        return NULL;
    point->state = POINT_PASSED;
    point->first_eval = first_eval;
    point->last_eval = last_eval;
    return point;
}

struct point *points_plan_pass(struct points_plan *plan, uint64_t complete)
{
    struct point *point = lowest(plan, has_come, complete, goal_of);

    return pass(point, point != NULL ? point->goal : 0, point != NULL ? point->goal : 0);
}

struct point *points_plan_pass_time(struct points_plan *plan, uint64_t time, uint64_t before, uint64_t at)
{
    uint64_t first = before < at ? before + 1 : at;

    return pass(lowest(plan, has_time_come, time, goal_of), first, at);
}

static bool has_passed(const struct point *point, uint64_t unused)
{
    (void)unused;
    return point->state == POINT_PASSED;
}

struct point *points_plan_ripe(struct points_plan *plan, uint64_t complete)
{
    struct point *point = lowest(plan, has_passed, 0, passed_at);

    return point != NULL && u64_sum(point->last_eval, plan->after_evals) <= complete ? point : NULL;
}

uint64_t points_plan_time(const struct points_plan *plan)
{
    uint64_t time = END_TIME_UNKNOWN;

    for (unsigned i = 0; i < plan->count; i++)
        if (plan->list[i].state == POINT_COMES && plan->list[i].is_time)
            time = u64_min(time, plan->list[i].goal);
    return time;
}

/* The evals that must be complete for what comes with this point next. */
static uint64_t next_of(const struct points_plan *plan, const struct point *point, uint64_t complete)
{
    if (point->state == POINT_COMES && !point->is_time)
        return point->goal;
    uint64_t ripe = u64_sum(point->last_eval, plan->after_evals);
    return point->state == POINT_PASSED && ripe > complete ? ripe : UINT64_MAX;
}

uint64_t points_plan_next(const struct points_plan *plan, uint64_t complete)
{
    uint64_t next = UINT64_MAX;

    for (unsigned i = 0; i < plan->count; i++)
        next = u64_min(next, next_of(plan, &plan->list[i], complete));
    return next;
}

unsigned points_plan_count(const struct points_plan *plan, enum point_state state)
{
    unsigned count = 0;

    for (unsigned i = 0; i < plan->count; i++)
        count += plan->list[i].state == state;
    return count;
}

const struct point *points_plan_first(const struct points_plan *plan, enum point_state state)
{
    for (unsigned i = 0; i < plan->count; i++)
        if (plan->list[i].state == state)
            return &plan->list[i];
    return NULL;
}

void points_plan_drop(struct points_plan *plan)
{
    for (unsigned i = 0; i < plan->count; i++)
        if (plan->list[i].state == POINT_PASSED)
            plan->list[i].state = POINT_DONE;
}

bool points_plan_has_request(const struct points_plan *plan)
{
    for (unsigned i = 0; i < plan->count; i++)
        if (plan->list[i].state == POINT_PASSED && plan->list[i].kind == END_REQUEST)
            return true;
    return false;
}

bool points_plan_wants(const struct points_plan *plan, uint64_t snapshot)
{
    for (unsigned i = 0; i < plan->count; i++) {
        const struct point *point = &plan->list[i];
        bool waits = point->state == POINT_PASSED || point->state == POINT_REPLAYS;
        if (waits && point->snapshot == snapshot)
            return true;
    }
    return false;
}
