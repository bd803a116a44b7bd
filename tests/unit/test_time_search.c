/* SPDX-License-Identifier: MIT */
/* The eval at which a simulation time is reached is found with few looks, however the time goes. */
#include "unit.h"

#include "original/time_search.h"

#define NEVER UINT64_MAX

struct found {
    uint64_t first, last; /* the eval is one of these */
    unsigned looks;
};

/* time_of: the time behind that eval. */
static struct found search_for(uint64_t (*time_of)(uint64_t eval), uint64_t goal)
{
    struct time_search search;
    struct found found = {0, 0, 0};

    time_search_begin(&search);
    for (;;) {
        uint64_t eval = search.next_eval, before = search.eval;
        assert_true(eval > before);
        uint64_t time = time_of(eval);
        found.looks++;
        assert_true(found.looks < 100000);
        time_search_look(&search, eval, time, time < goal ? goal : NEVER);
        if (time >= goal) {
            assert_true(search.next_eval == NEVER);
            found.first = before + 1;
            found.last = eval;
            return found;
        }
    }
}

static uint64_t by_one(uint64_t eval)
{
    return eval - 1;
}

static uint64_t by_many(uint64_t eval)
{
    return UINT64_C(5000) + eval * 2500;
}

static uint64_t two_evals(uint64_t eval)
{
    return eval / 2;
}

static uint64_t eight_evals(uint64_t eval)
{
    return eval / 8 * 100;
}

/* After a reset of so many evals, at another pace. */
static uint64_t after_reset(uint64_t eval)
{
    return eval < 100000 ? 0 : eval - 100000;
}

static uint64_t slower(uint64_t eval)
{
    return eval < 50000 ? eval * 10 : 500000 + (eval - 50000);
}

static uint64_t jumps(uint64_t eval)
{
    return eval < 1000 ? eval : eval * 100000;
}

static void expect_exactly(uint64_t (*time_of)(uint64_t eval), uint64_t goal, unsigned looks)
{
    struct found found = search_for(time_of, goal);

    assert_int_equal(found.first, found.last);
    assert_true(time_of(found.last) >= goal && time_of(found.last - 1) < goal);
    if (found.looks > looks)
        fail_msg("%u looks", found.looks);
}

static void a_steady_time_is_found_exactly(void **state)
{
    (void)state;
    for (uint64_t goal = 1; goal < 3000; goal++)
        expect_exactly(by_one, goal, 120);
    expect_exactly(by_one, UINT64_C(123456789012), 120);
    expect_exactly(by_many, UINT64_C(3000000000000), 120);
    expect_exactly(two_evals, 1000003, 200);
    expect_exactly(eight_evals, 70000000, 400);
    expect_exactly(slower, 650000, 200);
}

static void a_time_that_jumps_lies_between_two_looks(void **state)
{
    (void)state;
    struct found found = search_for(jumps, 90000000);
    assert_true(found.first <= 1000 && found.last >= 1000);
    found = search_for(after_reset, 500000);
    assert_true(after_reset(found.last) >= 500000 && after_reset(found.first - 1) < 500000);
    assert_true(found.looks < 300);
}

/* One that stands still is not looked at by each eval. */
static void a_time_that_stands_still_is_left_alone(void **state)
{
    struct time_search search;
    unsigned looks = 0;

    (void)state;
    time_search_begin(&search);
    while (search.next_eval < 100000000) {
        time_search_look(&search, search.next_eval, 7, 1000);
        looks++;
    }
    assert_true(looks < 2000);
}

static uint64_t stops(uint64_t eval)
{
    return eval < 990 ? eval : 990;
}

static void one_that_stops_near_the_goal_too(void **state)
{
    struct time_search search;
    unsigned looks = 0;

    (void)state;
    time_search_begin(&search);
    while (search.next_eval < 100000000) {
        time_search_look(&search, search.next_eval, stops(search.next_eval), 1000);
        looks++;
    }
    if (looks > 20000)
        fail_msg("%u looks", looks);
}

static void nothing_is_looked_for_without_a_goal(void **state)
{
    struct time_search search;

    (void)state;
    time_search_begin(&search);
    assert_int_equal(search.next_eval, 1);
    time_search_look(&search, 1, 0, NEVER);
    assert_true(search.next_eval == NEVER);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_steady_time_is_found_exactly),
        cmocka_unit_test(a_time_that_jumps_lies_between_two_looks),
        cmocka_unit_test(a_time_that_stands_still_is_left_alone),
        cmocka_unit_test(one_that_stops_near_the_goal_too),
        cmocka_unit_test(nothing_is_looked_for_without_a_goal),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
