/* SPDX-License-Identifier: MIT */
/* Figures of stalls: exact while the samples fit, close when they do not. */
#include "unit.h"

#include "snapshot/stall.h"

static void nothing_is_zero(void **state)
{
    struct stall stall;

    (void)state;
    stall_init(&stall);
    assert_int_equal(stall.count, 0);
    assert_int_equal(stall.max_ns, 0);
    assert_int_equal(stall_median_ns(&stall), 0);
}

static void few_are_exact(void **state)
{
    static const uint64_t values[] = {900, 310, 300, 320, 310};
    struct stall stall;

    (void)state;
    stall_init(&stall);
    for (size_t i = 0; i < COUNT_OF(values); i++)
        stall_add(&stall, values[i]);
    assert_int_equal(stall.count, 5);
    assert_int_equal(stall.max_ns, 900);
    assert_int_equal(stall_median_ns(&stall), 310);
}

static void of_two_middles_the_lower(void **state)
{
    struct stall stall;

    (void)state;
    stall_init(&stall);
    stall_add(&stall, 40);
    assert_int_equal(stall_median_ns(&stall), 40);
    stall_add(&stall, 10);
    assert_int_equal(stall_median_ns(&stall), 10);
    stall_add(&stall, 30);
    stall_add(&stall, 20);
    assert_int_equal(stall_median_ns(&stall), 20);
}

/* 100000 values that rise from 0: a reservoir that favours the first or the last ones shows in its median.
 * The maximum stays exact. */
static void many_are_sampled_evenly(void **state)
{
    struct stall stall;

    (void)state;
    stall_init(&stall);
    for (uint64_t i = 0; i < 100000; i++)
        stall_add(&stall, i == 40 ? 1000000 : i);
    assert_int_equal(stall.count, 100000);
    assert_int_equal(stall.max_ns, 1000000);
    assert_in_range(stall_median_ns(&stall), 40000, 60000);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(nothing_is_zero),
        cmocka_unit_test(few_are_exact),
        cmocka_unit_test(of_two_middles_the_lower),
        cmocka_unit_test(many_are_sampled_evenly),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
