/* SPDX-License-Identifier: MIT */
/* How fast a run goes, by what its snapshots have put down. */
#include "unit.h"

#include <string.h>

#include "live_rate.h"

#define SECOND UINT64_C(1000000000)

static struct live_snapshot snapshots[3];
static struct live_run run;

static struct card_sample sample(uint64_t evals, uint64_t ns)
{
    return (struct card_sample){evals, ns, card_check(evals, ns)};
}

static int set_up(void **state)
{
    (void)state;
    memset(snapshots, 0, sizeof snapshots);
    run = (struct live_run){.pid = 1, .start_ns = 10 * SECOND, .snapshots = snapshots};
    return 0;
}

/* It has only just begun: since its first eval. */
static void test_first(void **state)
{
    (void)state;
    run.count = 1;
    snapshots[0].taken_ns = 10 * SECOND;
    snapshots[0].samples[1] = sample(5000, 10 * SECOND + SECOND / 2);
    struct live_rate rate = live_rate(&run, 11 * SECOND);
    assert_true(rate.is_known);
    assert_int_equal(rate.evals, 5000);
    assert_int_equal(rate.per_second_milli, 10000000);
}

static void test_nothing_yet(void **state)
{
    (void)state;
    run.count = 1;
    snapshots[0].taken_ns = 10 * SECOND;
    snapshots[0].samples[1] = sample(1, 10 * SECOND + 1000);
    assert_false(live_rate(&run, 11 * SECOND).is_known);
    run.count = 0;
    assert_false(live_rate(&run, 11 * SECOND).is_known);
}

/* The last two seconds count, whoever has put them down; not all the time before. */
static void test_window(void **state)
{
    (void)state;
    run.count = 2;
    snapshots[0].eval = 100;
    snapshots[0].taken_ns = 20 * SECOND;
    snapshots[0].samples[0] = sample(300, 40 * SECOND);
    snapshots[0].samples[1] = sample(1300, 42 * SECOND);
    snapshots[1].eval = 1200;
    snapshots[1].taken_ns = 42 * SECOND - SECOND / 2;
    snapshots[1].samples[1] = sample(1290, 42 * SECOND - SECOND / 3);
    struct live_rate rate = live_rate(&run, 43 * SECOND);
    assert_true(rate.is_known);
    assert_int_equal(rate.evals, 1300);
    assert_int_equal(rate.per_second_milli, 500000);
}

/* It stands still; that is known, and is 0. */
static void test_hangs(void **state)
{
    (void)state;
    run.count = 1;
    snapshots[0].samples[0] = sample(300, 40 * SECOND);
    snapshots[0].samples[1] = sample(300, 42 * SECOND);
    struct live_rate rate = live_rate(&run, 43 * SECOND);
    assert_true(rate.is_known);
    assert_int_equal(rate.per_second_milli, 0);
}

/* A sample that was read while it was written, and snapshots that are stopped. */
static void test_not_to_be_believed(void **state)
{
    (void)state;
    run.count = 1;
    snapshots[0].samples[0] = sample(300, 40 * SECOND);
    snapshots[0].samples[1] = sample(700, 42 * SECOND);
    snapshots[0].samples[1].evals = 1u << 30;
    assert_int_equal(live_rate(&run, 43 * SECOND).evals, 300);
    assert_false(live_rate(&run, 60 * SECOND).is_known);
}

static void test_large(void **state)
{
    (void)state;
    run.count = 1;
    snapshots[0].samples[0] = sample(0, 40 * SECOND);
    snapshots[0].samples[1] = sample(UINT64_C(1) << 50, 42 * SECOND);
    assert_int_equal(live_rate(&run, 43 * SECOND).per_second_milli, (UINT64_C(1) << 49) * 1000);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup(test_first, set_up),
        cmocka_unit_test_setup(test_nothing_yet, set_up),
        cmocka_unit_test_setup(test_window, set_up),
        cmocka_unit_test_setup(test_hangs, set_up),
        cmocka_unit_test_setup(test_not_to_be_believed, set_up),
        cmocka_unit_test_setup(test_large, set_up),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
