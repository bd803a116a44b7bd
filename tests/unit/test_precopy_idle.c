/* SPDX-License-Identifier: MIT */
/* Whether a processor idles, by what the kernel says. */
#include "unit.h"

#include "snapshot/precopy_idle.h"

static void the_running_are_counted(void **state)
{
    (void)state;
    assert_true(precopy_idle_is_there("0.12 0.34 0.56 2/345 6789\n", 2));
    assert_false(precopy_idle_is_there("0.12 0.34 0.56 3/345 6789\n", 2));
    assert_true(precopy_idle_is_there("12.12 9.34 0.56 63/1345 6789\n", 64));
    assert_false(precopy_idle_is_there("0.12 0.34 0.56 1/345 6789\n", 1));
    assert_false(precopy_idle_is_there("", 2));
    assert_false(precopy_idle_is_there("/", 2));
    assert_false(precopy_idle_is_there("0.12 x/345", 2));
}

static void waiting_is_seen(void **state)
{
    (void)state;
    assert_false(precopy_idle_is_over(0, 0));
    assert_false(precopy_idle_is_over(5000000, 5000000));
    assert_false(precopy_idle_is_over(5000000, 6000000)); /* clocks differ */
    assert_false(precopy_idle_is_over(900000, 0));
    assert_true(precopy_idle_is_over(4000000, 500000));
    assert_true(precopy_idle_is_over(100000000, 70000000));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(the_running_are_counted),
        cmocka_unit_test(waiting_is_seen),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
