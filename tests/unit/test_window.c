/* SPDX-License-Identifier: MIT */
/* The window begins after the snapshot and is never longer than asked for. */
#include "unit.h"

#include "options/options.h"
#include "replay/window.h"

static void counted_back_from_the_failure(void **state)
{
    (void)state;
    assert_int_equal(window_first(0, 1000, 100), 901);
    assert_int_equal(window_first(0, 1000, 1), 1000);
    assert_int_equal(window_first(500, 1000, 500), 501);
    assert_int_equal(window_first(500, 1000, 499), 502);
}

static void never_before_the_snapshot(void **state)
{
    (void)state;
    assert_int_equal(window_first(500, 1000, 501), 501);
    assert_int_equal(window_first(500, 1000, 1000), 501);
    assert_int_equal(window_first(500, 1000, 1001), 501);
    assert_int_equal(window_first(1200000, 1234567, 200000), 1200001);
    assert_int_equal(window_first(0, 1, 200000), 1);
}

static void all_is_everything_since_the_snapshot(void **state)
{
    (void)state;
    assert_int_equal(window_first(500, 1000, OPTIONS_WINDOW_ALL), 501);
    assert_int_equal(window_first(0, UINT64_MAX, OPTIONS_WINDOW_ALL), 1);
    assert_int_equal(window_first(0, UINT64_MAX - 1, OPTIONS_WINDOW_ALL), 1);
}

static void no_eval_between(void **state)
{
    (void)state;
    assert_true(window_first(1000, 1000, 100) > 1000);
    assert_true(window_first(0, 0, 100) > 0);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(counted_back_from_the_failure),
        cmocka_unit_test(never_before_the_snapshot),
        cmocka_unit_test(all_is_everything_since_the_snapshot),
        cmocka_unit_test(no_eval_between),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
