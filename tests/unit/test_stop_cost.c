/* SPDX-License-Identifier: MIT */
/* What is charged for waits: what is usual, not what happens now and then. */
#include "unit.h"

#include "snapshot/stop_cost.h"

static void check(const uint64_t *waits_ns, size_t count, uint64_t charged_ns)
{
    struct stop_cost stop_cost = {.count = 0};
    uint64_t last_ns = 0;

    for (size_t i = 0; i < count; i++)
        last_ns = stop_cost_add(&stop_cost, waits_ns[i]);
    assert_int_equal(last_ns, charged_ns);
}

static void the_first_is_what_it_took(void **state)
{
    (void)state;
    check((const uint64_t[]){4000}, 1, 4000);
}

static void a_slice_of_others_is_left_out(void **state)
{
    (void)state;
    check((const uint64_t[]){10, 12, 4000}, 3, 12);
    check((const uint64_t[]){4000, 10, 3000, 12, 11}, 5, 12);
}

static void what_is_always_long_is_charged(void **state)
{
    (void)state;
    check((const uint64_t[]){10, 3000, 3100, 3200}, 4, 3000);
}

static void old_ones_are_forgotten(void **state)
{
    struct stop_cost stop_cost = {.count = 0};
    uint64_t charged_ns = 0;

    (void)state;
    for (unsigned i = 0; i < 1000; i++)
        stop_cost_add(&stop_cost, 10);
    for (unsigned i = 0; i < STOP_COST_SAMPLES / 2 + 1; i++)
        charged_ns = stop_cost_add(&stop_cost, 5000);
    assert_int_equal(charged_ns, 5000);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(the_first_is_what_it_took),
        cmocka_unit_test(a_slice_of_others_is_left_out),
        cmocka_unit_test(what_is_always_long_is_charged),
        cmocka_unit_test(old_ones_are_forgotten),
    };

    return cmocka_run_group_tests_name("stop_cost", tests, NULL, NULL);
}
