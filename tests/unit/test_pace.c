/* SPDX-License-Identifier: MIT */
/* The pace of evals. */
#include "unit.h"

#include "snapshot/pace.h"

#define US_NS UINT64_C(1000)
#define MS_NS UINT64_C(1000000)

/* A look that leads to nothing. */
static void look(struct pace *pace, uint64_t now_ns, uint64_t eval)
{
    struct cadence_step step = {.look_in_evals = 1};

    pace_look(pace, now_ns, eval, &step);
}

static void the_lead_is_whole_evals(void **state)
{
    struct pace pace;

    (void)state;
    pace_init(&pace, true);
    look(&pace, 1 * MS_NS, 1);
    assert_int_equal(pace.lead_evals, 0);
    look(&pace, 1 * MS_NS + 100 * US_NS, 101); /* too short a stretch to learn from */
    assert_int_equal(pace.lead_evals, 0);
    look(&pace, 2 * MS_NS, 1001);
    assert_int_equal(pace.eval_ns, 1001);
    assert_int_equal(pace.lead_evals, 250);
    look(&pace, 12 * MS_NS, 1003); /* evals that are too long to wait for */
    assert_int_equal(pace.lead_evals, 0);
}

static void a_snapshot_is_no_part_of_it(void **state)
{
    struct pace pace;

    (void)state;
    pace_init(&pace, true);
    look(&pace, 1 * MS_NS, 1);
    pace_begin(&pace, 900 * MS_NS, 1000);
    look(&pace, 901 * MS_NS, 2000);
    assert_int_equal(pace.eval_ns, 1001);
}

/* A microsecond per eval: 250 are the lead. */
static void learn(struct pace *pace, bool is_by_evals)
{
    pace_init(pace, is_by_evals);
    look(pace, 1 * MS_NS, 1);
    look(pace, 2 * MS_NS, 1001);
    assert_int_equal(pace->lead_evals, 250);
}

static void a_snapshot_by_time_comes_a_lead_later(void **state)
{
    struct cadence_step step = {.snapshot = false, .look_in_evals = 7};
    struct pace pace;

    (void)state;
    learn(&pace, false);
    assert_false(pace_look(&pace, 2 * MS_NS, 1001, &step)); /* none is due */
    assert_int_equal(step.look_in_evals, 7);
    step.snapshot = true;
    assert_true(pace_look(&pace, 2 * MS_NS, 1001, &step));
    assert_true(step.snapshot); /* at once where nobody stands by */
    pace_prepared(&pace, 30 * US_NS, &step);
    assert_false(step.snapshot);
    assert_int_equal(step.look_in_evals, 250);
    step = (struct cadence_step){.snapshot = true, .look_in_evals = 7};
    assert_false(pace_look(&pace, 2 * MS_NS + 250 * US_NS, 1251, &step)); /* once for each */
    assert_true(step.snapshot);
    assert_int_equal(pace_begin(&pace, 3 * MS_NS, 1251), 30 * US_NS);
    assert_true(pace_look(&pace, 3 * MS_NS, 1252, &step));
    assert_int_equal(pace_begin(&pace, 3 * MS_NS, 1252), 0);
}

static void a_snapshot_by_evals_comes_at_its_eval(void **state)
{
    struct cadence_step step = {.look_in_evals = 10000};
    struct pace pace;

    (void)state;
    learn(&pace, true);
    assert_false(pace_look(&pace, 2 * MS_NS, 1001, &step));
    assert_int_equal(step.look_in_evals, 9750);
    step.look_in_evals = 501;
    assert_false(pace_look(&pace, 2 * MS_NS, 1001, &step));
    assert_int_equal(step.look_in_evals, 251);
    step.look_in_evals = 250;
    assert_true(pace_look(&pace, 11 * MS_NS, 10751, &step));
    pace_prepared(&pace, 30 * US_NS, &step);
    assert_int_equal(step.look_in_evals, 250);
    step = (struct cadence_step){.snapshot = true, .look_in_evals = 100};
    assert_false(pace_look(&pace, 12 * MS_NS, 11001, &step));
    assert_true(step.snapshot);
    pace_begin(&pace, 12 * MS_NS, 11001);
    assert_false(pace_look(&pace, 12 * MS_NS, 11001, &step)); /* it is due at once: too late to ask */
}

static void the_dead_are_looked_for_ever_more_rarely(void **state)
{
    struct pace pace;
    uint64_t ns = 0;

    (void)state;
    learn(&pace, true);
    for (uint64_t wait = MS_NS; wait < 1000 * MS_NS; wait *= 2)
        assert_int_equal(pace_bury_ns(&pace), wait);
    assert_int_equal(pace_bury_ns(&pace), 1000 * MS_NS);
    assert_int_equal(pace_bury_ns(&pace), 1000 * MS_NS);
    pace_killed(&pace);
    for (unsigned i = 0; i < 4; i++)
        ns += pace_bury_ns(&pace);
    assert_int_equal(ns, (1 + 2 + 4 + 8) * MS_NS);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(the_lead_is_whole_evals),
        cmocka_unit_test(a_snapshot_is_no_part_of_it),
        cmocka_unit_test(a_snapshot_by_time_comes_a_lead_later),
        cmocka_unit_test(a_snapshot_by_evals_comes_at_its_eval),
        cmocka_unit_test(the_dead_are_looked_for_ever_more_rarely),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
