/* SPDX-License-Identifier: MIT */
/* Points of a run: which pass, in which order they are replayed, and when there is something to look at. */
#include "unit.h"

#include <string.h>

#include "original/points_plan.h"

static struct points_plan plan;

static void begin(uint64_t after_evals)
{
    static const struct options_point points[] = {{false, 500}, {false, 100}, {true, 7000}, {true, 3000}};
    struct options options = {.triggers = 2, .after_evals = after_evals, .at = {.count = COUNT_OF(points)}};

    memcpy(options.at.points, points, sizeof points);
    points_plan_init(&plan, &options);
}

static void expect(const struct point *point, uint64_t first_eval, uint64_t last_eval)
{
    assert_non_null(point);
    assert_int_equal(point->state, POINT_PASSED);
    assert_int_equal(point->first_eval, first_eval);
    assert_int_equal(point->last_eval, last_eval);
}

static void evals_pass_in_order(void **state)
{
    (void)state;
    begin(0);
    assert_int_equal(points_plan_next(&plan, 0), 100);
    assert_null(points_plan_pass(&plan, 99));
    expect(points_plan_pass(&plan, 100), 100, 100);
    assert_null(points_plan_pass(&plan, 100));
    assert_int_equal(points_plan_next(&plan, 100), 500); /* that it may be replayed is known */
    points_plan_ripe(&plan, 100)->state = POINT_DONE;
    assert_int_equal(points_plan_next(&plan, 100), 500);
    expect(points_plan_pass(&plan, 1000), 500, 500);
    points_plan_ripe(&plan, 1000)->state = POINT_REPLAYS;
    assert_true(points_plan_next(&plan, 1000) == UINT64_MAX);
    assert_int_equal(points_plan_count(&plan, POINT_COMES), 2);
    assert_int_equal(points_plan_first(&plan, POINT_COMES)->goal, 7000);
}

static void times_pass_in_order(void **state)
{
    (void)state;
    begin(0);
    assert_int_equal(points_plan_time(&plan), 3000);
    assert_null(points_plan_pass_time(&plan, 2999, 10, 11));
    expect(points_plan_pass_time(&plan, 3000, 11, 12), 12, 12);
    assert_int_equal(points_plan_time(&plan), 7000);
    expect(points_plan_pass_time(&plan, 9000, 12, 40), 13, 40);
    assert_true(points_plan_time(&plan) == END_TIME_UNKNOWN);
}

/* At the end of a run there may be no eval since the last look. */
static void a_time_may_be_seen_twice_at_an_eval(void **state)
{
    (void)state;
    begin(0);
    expect(points_plan_pass_time(&plan, 3000, 12, 12), 12, 12);
}

static void what_comes_after_must_have_come(void **state)
{
    (void)state;
    begin(50);
    points_plan_pass(&plan, 100);
    assert_null(points_plan_ripe(&plan, 149));
    assert_int_equal(points_plan_next(&plan, 149), 150);
    assert_non_null(points_plan_ripe(&plan, 150));
    assert_int_equal(points_plan_next(&plan, 150), 500); /* it waits for no eval any more */
    points_plan_pass_time(&plan, 3000, 80, 120);
    assert_int_equal(points_plan_ripe(&plan, 200)->first_eval, 81); /* it may have been earlier */
    assert_null(points_plan_ripe(&plan, 160));
}

static void lines_are_counted(void **state)
{
    char line[2 * SHARED_LINE_SIZE];

    (void)state;
    begin(0);
    memset(line, 'x', sizeof line);
    line[sizeof line - 1] = '\0';
    expect(points_plan_add(&plan, END_TRIGGER, 20, "UART: FAIL", "stdout"), 20, 20);
    struct point *point = points_plan_add(&plan, END_TRIGGER, 10, line, "stdout");
    assert_int_equal(strlen(point->line), SHARED_LINE_SIZE - 1);
    assert_null(points_plan_add(&plan, END_TRIGGER, 30, "", "stdout"));
    expect(points_plan_add(&plan, END_REQUEST, 30, "", "stdout"), 30, 30);
    assert_int_equal(plan.left_out, 1);
    assert_ptr_equal(points_plan_ripe(&plan, 30), point);
    point->state = POINT_DONE;
    assert_string_equal(points_plan_ripe(&plan, 30)->line, "UART: FAIL");
    assert_string_equal(points_plan_ripe(&plan, 30)->place, "stdout");
}

/* A buffer of many lines is written at one eval, and their waveforms would be the same. */
static void lines_of_an_eval_are_one_point(void **state)
{
    (void)state;
    begin(0);
    expect(points_plan_add(&plan, END_TRIGGER, 20, "FAIL 1", "stdout"), 20, 20);
    assert_null(points_plan_add(&plan, END_TRIGGER, 20, "FAIL 2", "stdout"));
    expect(points_plan_add(&plan, END_TRIGGER, 30, "FAIL 3", "stdout"), 30, 30);
    assert_null(points_plan_add(&plan, END_TRIGGER, 30, "FAIL 4", "stdout"));
    assert_int_equal(plan.left_out, 0);
    assert_null(points_plan_add(&plan, END_TRIGGER, 40, "FAIL 5", "stdout"));
    assert_int_equal(plan.left_out, 1);
}

/* What is done makes room. */
static void there_is_room_for_so_many(void **state)
{
    (void)state;
    begin(0);
    for (unsigned i = 0; i < POINTS_PLAN_MAX - 4; i++)
        assert_non_null(points_plan_add(&plan, END_REQUEST, i, "", "stdout"));
    assert_null(points_plan_add(&plan, END_REQUEST, 1000, "", "stdout"));
    points_plan_ripe(&plan, 1000)->state = POINT_DONE;
    assert_non_null(points_plan_add(&plan, END_REQUEST, 1000, "", "stdout"));
    assert_int_equal(plan.left_out, 1);
}

static void snapshots_are_wanted_until_the_replay_is_done(void **state)
{
    (void)state;
    begin(0);
    assert_false(points_plan_wants(&plan, 0));
    struct point *point = points_plan_pass(&plan, 100);
    point->snapshot = 3;
    assert_true(points_plan_wants(&plan, 3));
    assert_false(points_plan_wants(&plan, 4));
    point->state = POINT_REPLAYS;
    assert_true(points_plan_wants(&plan, 3));
    point->state = POINT_DONE;
    assert_false(points_plan_wants(&plan, 3));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(evals_pass_in_order),
        cmocka_unit_test(times_pass_in_order),
        cmocka_unit_test(a_time_may_be_seen_twice_at_an_eval),
        cmocka_unit_test(what_comes_after_must_have_come),
        cmocka_unit_test(lines_are_counted),
        cmocka_unit_test(lines_of_an_eval_are_one_point),
        cmocka_unit_test(there_is_room_for_so_many),
        cmocka_unit_test(snapshots_are_wanted_until_the_replay_is_done),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
