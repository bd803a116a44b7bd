/* SPDX-License-Identifier: MIT */
/* When huge pages are given for their own sake: a simulated simulator whose evals change with them. */
#include "unit.h"

#include <string.h>

#include "snapshot/huge_plan.h"

#define MS_NS     UINT64_C(1000000)
#define SECOND_NS UINT64_C(1000000000)
#define PPM       UINT64_C(1000000)

struct run {
    struct huge_plan plan;
    struct huge_plan_now now;
    uint64_t small, given;        /* pieces */
    uint64_t price_ns;            /* of one */
    uint64_t spent_ns, earned_ns; /* on those of portions, and on the rest */
    uint64_t first_ns;            /* when the first was given; 0: none was */
    uint64_t faults_per_ms;
    long gain_ppm; /* of an eval's time, when all are given */
};

static void run_begin(struct run *run, uint64_t small, uint64_t price_ns, long gain_ppm)
{
    memset(run, 0, sizeof *run);
    run->now = (struct huge_plan_now){.ns = 7 * SECOND_NS, .eval = 1};
    run->small = small;
    run->price_ns = price_ns;
    run->gain_ppm = gain_ppm;
    huge_plan_init(&run->plan, 10000, run->now.ns);
}

/* A microsecond an eval, and one in a hundred more or less by chance. */
static uint64_t evals_in(const struct run *run, uint64_t ns)
{
    long share = run->small + run->given == 0 ? 0 : (long)(run->given * PPM / (run->small + run->given));
    long chance = run->now.ns / MS_NS % 3 == 0 ? 10000 : 0;

    return ns * PPM / (uint64_t)(1000 * ((long)PPM + chance - run->gain_ppm * share / (long)PPM));
}

static void run_for(struct run *run, uint64_t ns)
{
    run->now.eval += evals_in(run, ns);
    run->now.ns += ns;
    run->now.used_ns += ns;
    run->now.faults += run->faults_per_ms * ns / MS_NS;
}

static void run_collapse(struct run *run)
{
    uint64_t most = run->plan.left < 16 ? run->plan.left : 16, pieces = most < run->small ? most : run->small;
    uint64_t took_ns = pieces * run->price_ns;

    if (huge_plan_is_earned(&run->plan))
        run->earned_ns += took_ns;
    else
        run->spent_ns += took_ns;
    if (run->first_ns == 0)
        run->first_ns = run->now.ns;
    run->small -= pieces;
    run->given += pieces;
    run->now.ns += took_ns;
    run->now.used_ns += took_ns;
    huge_plan_collapsed(&run->plan, &run->now, pieces, took_ns, run->small == 0);
}

static void run_until(struct run *run, uint64_t age_ns)
{
    while (run->now.ns < 7 * SECOND_NS + age_ns) {
        enum huge_plan_step step = huge_plan_step(&run->plan, &run->now);

        if (step == HUGE_PLAN_COUNT)
            huge_plan_counted(&run->plan, &run->now, run->small);
        else if (step == HUGE_PLAN_COLLAPSE)
            run_collapse(run);
        run_for(run, 10 * MS_NS);
    }
}

static void a_young_run_is_left_alone(void **state)
{
    struct run run;

    (void)state;
    run_begin(&run, 512, 600000, 300000);
    run_until(&run, 2 * SECOND_NS);
    assert_int_equal(run.given, 0);
}

static void where_it_pays_all_is_given(void **state)
{
    struct run run;

    (void)state;
    run_begin(&run, 512, 600000, 300000);
    run_until(&run, 20 * SECOND_NS);
    assert_int_equal(run.small, 0);
    assert_in_range(run.spent_ns, 1, 100 * MS_NS);
    assert_in_range(run.earned_ns, 200 * MS_NS, 512 * 600000);
}

/* Where a piece costs ten times as much, the run must be older. */
static void what_is_dear_comes_later(void **state)
{
    struct run run;

    (void)state;
    run_begin(&run, 512, 6000000, 300000);
    run_until(&run, 20 * SECOND_NS);
    assert_true(run.small > 400);
    run_until(&run, 200 * SECOND_NS);
    assert_int_equal(run.small, 0);
}

static void without_a_gain_it_stays_in_the_budget(void **state)
{
    struct run run;

    (void)state;
    run_begin(&run, 8192, 6000000, 0);
    for (uint64_t age_ns = 4 * SECOND_NS; age_ns < 4000 * SECOND_NS; age_ns *= 2) {
        run_until(&run, age_ns);
        assert_int_equal(run.earned_ns, 0);
        assert_true(run.spent_ns <= age_ns / 100);
    }
    assert_true(run.given > 0);
}

static void where_evals_become_slower_it_ends(void **state)
{
    struct run run;

    (void)state;
    run_begin(&run, 512, 600000, -300000);
    run_until(&run, 20 * SECOND_NS);
    uint64_t given = run.given;
    assert_in_range(given, 1, 511);
    run_until(&run, 2000 * SECOND_NS);
    assert_int_equal(run.given, given);
}

static void little_is_left_alone(void **state)
{
    struct run run;

    (void)state;
    run_begin(&run, HUGE_PLAN_LEAST - 1, 600000, 300000);
    run_until(&run, 300 * SECOND_NS);
    assert_int_equal(run.given, 0);
}

/* Copies take longer than what huge pages would win: there is no telling. */
static void nothing_is_measured_beside_copies(void **state)
{
    struct run run;

    (void)state;
    run_begin(&run, 512, 600000, 300000);
    run.faults_per_ms = 10;
    run_until(&run, 300 * SECOND_NS);
    assert_int_equal(run.given, 0);
    run.faults_per_ms = 0;
    run_until(&run, 600 * SECOND_NS);
    assert_int_equal(run.small, 0);
}

/* All that could be had is less than the portion: it says nothing of the rest. */
static void none_to_be_had_is_no_portion(void **state)
{
    struct huge_plan plan;
    struct huge_plan_now now = {.ns = 100 * SECOND_NS, .eval = 1};

    (void)state;
    huge_plan_init(&plan, 10000, 0);
    assert_int_equal(huge_plan_step(&plan, &now), HUGE_PLAN_COUNT);
    huge_plan_counted(&plan, &now, 512);
    for (unsigned i = 0; i < 2; i++) {
        now.ns = plan.due_ns;
        now.used_ns = now.ns;
        now.eval += 1000000;
        assert_int_equal(huge_plan_step(&plan, &now), i == 0 ? HUGE_PLAN_WAIT : HUGE_PLAN_COLLAPSE);
    }
    huge_plan_collapsed(&plan, &now, 0, 1000, true);
    assert_int_equal(huge_plan_step(&plan, &now), HUGE_PLAN_WAIT);
    now.ns = plan.due_ns;
    assert_int_equal(huge_plan_step(&plan, &now), HUGE_PLAN_COUNT);
}

/* Of 100,000 pages that are written at random each eval copies one at first; of 8,000 soon fewer. */
static void few_copies_will_do_while_they_go_on(void **state)
{
    (void)state;
    assert_int_equal(huge_plan_many(0, 0, 5000, 5100), 32); /* nothing to compare with */
    assert_int_equal(huge_plan_many(2500, 2530, 5000, 5130), 8);
    assert_int_equal(huge_plan_many(2500, 3000, 5000, 7800), 32);
    assert_int_equal(huge_plan_many(2500, 3000, 2500, 3000), 32);
}

/* Copies that the next snapshot makes anew are not worth it. */
static void none_is_given_for_a_short_turn(void **state)
{
    (void)state;
    assert_false(huge_plan_pays(1500, 1500, 1000, 64));
    assert_true(huge_plan_pays(1500, 100000, 1000, 64));
    assert_false(huge_plan_pays(15000, 0, 1000, 1));
    assert_true(huge_plan_pays(UINT64_MAX, UINT64_MAX, 1000, 64));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_young_run_is_left_alone),
        cmocka_unit_test(where_it_pays_all_is_given),
        cmocka_unit_test(what_is_dear_comes_later),
        cmocka_unit_test(without_a_gain_it_stays_in_the_budget),
        cmocka_unit_test(where_evals_become_slower_it_ends),
        cmocka_unit_test(little_is_left_alone),
        cmocka_unit_test(nothing_is_measured_beside_copies),
        cmocka_unit_test(none_to_be_had_is_no_portion),
        cmocka_unit_test(few_copies_will_do_while_they_go_on),
        cmocka_unit_test(none_is_given_for_a_short_turn),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
