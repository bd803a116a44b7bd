/* SPDX-License-Identifier: MIT */
/* What evals take is told as it was measured, and where it was not, by the dearer neighbour. */
#include "unit.h"

#include <stdint.h>

#include "run/rates.h"

static struct shared_rates rates;

static void begin(void)
{
    rates.count = 0;
}

static void add(uint64_t first, uint64_t last, uint64_t bytes)
{
    const struct shared_rate rate = {first, last, bytes};

    rates_add(&rates, &rate, 1000000);
}

static void nothing_is_known(void **state)
{
    (void)state;
    begin();
    assert_int_equal(rates_bytes(&rates, 1, 1000), 0);
    assert_int_equal(rates_mean_bytes(&rates, 1000), 0);
    assert_int_equal(rates_begin(&rates, 1, 1000, 0), 1);
}

static void what_was_measured(void **state)
{
    (void)state;
    begin();
    add(11, 20, 1000);
    add(21, 30, 10);
    assert_int_equal(rates_bytes(&rates, 11, 30), 1010);
    assert_int_equal(rates_bytes(&rates, 16, 20), 500);
    assert_int_equal(rates_bytes(&rates, 20, 21), 101);
    assert_int_equal(rates_bytes(&rates, 21, 20), 0);
    assert_int_equal(rates_begin(&rates, 11, 30, 1010), 11);
    assert_int_equal(rates_begin(&rates, 11, 30, 10 + 300), 18);
    assert_int_equal(rates_begin(&rates, 11, 30, 5), 26);
    assert_int_equal(rates_begin(&rates, 11, 30, 0), 30);
}

static void what_was_not(void **state)
{
    (void)state;
    begin();
    add(11, 20, 1000);
    add(31, 40, 10);
    assert_int_equal(rates_bytes(&rates, 21, 30), 1000);
    assert_int_equal(rates_bytes(&rates, 1, 10), 1000);
    assert_int_equal(rates_bytes(&rates, 41, 50), 10);
    assert_int_equal(rates_begin(&rates, 1, 50, 20 + 500), 26);
    assert_int_equal(rates_mean_bytes(&rates, 100), 5050);
}

static void what_comes_twice_counts_once(void **state)
{
    (void)state;
    begin();
    add(11, 20, 1000);
    add(15, 25, 7000);
    add(0, 0, 1);
    add(30, 29, 1);
    assert_int_equal(rates.count, 1);
}

/* A million stretches: their sum is kept, and what is near the end is known as well as it was measured. */
static void many(void **state)
{
    (void)state;
    begin();
    for (uint64_t i = 0; i < 100000; i++)
        add(i * 10 + 1, i * 10 + 10, 10 * (i % 7 + 1));
    assert_int_equal(rates.count, SHARED_RATES_MAX);
    uint64_t all = rates_bytes(&rates, 1, 1000000);
    assert_in_range(all, 3999900, 4000100);
    assert_int_equal(rates_bytes(&rates, 999991, 1000000), 10 * (99999 % 7 + 1));
    for (uint64_t bytes = 100; bytes < all; bytes *= 2) {
        uint64_t start = rates_begin(&rates, 1, 1000000, bytes), evals = 1000001 - start;
        if (evals < bytes / 4 * 7 / 10 || evals > bytes / 4 * 16 / 10 + 10)
            fail_msg("%lu bytes: %lu evals", bytes, evals);
    }
}

/* A burst far from the end does not vanish among what is around it. */
static void a_burst(void **state)
{
    (void)state;
    begin();
    for (uint64_t i = 0; i < 10000; i++)
        add(i * 100 + 1, i * 100 + 100, i == 5000 ? 100000000 : 100);
    uint64_t start = rates_begin(&rates, 1, 1000000, 600000);
    assert_in_range(start, 500100, 540000);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(nothing_is_known),
        cmocka_unit_test(what_was_measured),
        cmocka_unit_test(what_was_not),
        cmocka_unit_test(what_comes_twice_counts_once),
        cmocka_unit_test(many),
        cmocka_unit_test(a_burst),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
