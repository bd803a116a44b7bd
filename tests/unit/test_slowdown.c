/* SPDX-License-Identifier: MIT */
/* Lost huge pages, on a simulated machine: what an eval takes with and without them is known here. */
#include "unit.h"

#include <stdbool.h>

#include "snapshot/slowdown.h"

#define MS_NS     UINT64_C(1000000)
#define SECOND_NS UINT64_C(1000000000)
#define LOOK_NS   (200 * MS_NS)

struct machine {
    struct slowdown slowdown;
    struct slowdown_sum now;
    uint64_t told_ns;
};

static void start(struct machine *machine)
{
    *machine = (struct machine){.now = {.user_ns = 3 * SECOND_NS, .evals = 1}};
    slowdown_init(&machine->slowdown);
}

static void run_for(struct machine *machine, uint64_t span_ns, uint64_t eval_ns, unsigned lost)
{
    for (uint64_t end_ns = machine->now.user_ns + span_ns; machine->now.user_ns < end_ns;) {
        machine->now.user_ns += LOOK_NS;
        machine->now.evals += LOOK_NS / eval_ns;
        machine->told_ns += slowdown_look(&machine->slowdown, machine->now, lost);
    }
}

static void nothing_is_lost_with_huge_pages(void **state)
{
    struct machine machine;

    (void)state;
    start(&machine);
    run_for(&machine, 10 * SECOND_NS, 80, 0);
    run_for(&machine, 10 * SECOND_NS, 160, 100); /* the simulator itself has become slower */
    assert_int_equal(machine.told_ns, 0);
}

/* They were lost at the first eval, so that nobody knows what an eval takes with them. */
static void it_is_told_when_they_are_back(void **state)
{
    struct machine machine;

    (void)state;
    start(&machine);
    run_for(&machine, 10 * SECOND_NS, 120, SLOWDOWN_ALL);
    assert_int_equal(machine.told_ns, 0);
    run_for(&machine, SECOND_NS, 80, 0);
    assert_in_range(machine.told_ns, 3200 * MS_NS, 3400 * MS_NS); /* a third of it, but for the first look */
    run_for(&machine, 20 * SECOND_NS, 80, 0);
    assert_in_range(machine.told_ns, 3200 * MS_NS, 3400 * MS_NS);
}

static void it_goes_on_as_long_as_they_are_lost(void **state)
{
    struct machine machine;

    (void)state;
    start(&machine);
    run_for(&machine, 2 * SECOND_NS, 80, 0);
    run_for(&machine, 10 * SECOND_NS, 100, 900);
    assert_in_range(machine.told_ns, 1900 * MS_NS, 2000 * MS_NS);
    run_for(&machine, 10 * SECOND_NS, 100, 900);
    assert_in_range(machine.told_ns, 3900 * MS_NS, 4000 * MS_NS);
}

/* Between the two states nothing is learned. */
static void what_is_half_lost_says_nothing(void **state)
{
    struct machine machine;

    (void)state;
    start(&machine);
    run_for(&machine, 2 * SECOND_NS, 80, 0);
    run_for(&machine, 10 * SECOND_NS, 100, 500);
    assert_int_equal(machine.told_ns, 0);
}

/* A simulator that becomes faster long after is no sign of a loss before. */
static void the_simulators_own_pace_is_its_own(void **state)
{
    struct machine machine;

    (void)state;
    start(&machine);
    run_for(&machine, 10 * SECOND_NS, 100, 900);
    run_for(&machine, SECOND_NS, 100, 0);
    run_for(&machine, 10 * SECOND_NS, 50, 0);
    assert_int_equal(machine.told_ns, 0);
    run_for(&machine, 10 * SECOND_NS, 51, 900);
    assert_int_equal(machine.told_ns, 0);
}

static void a_small_difference_is_chance(void **state)
{
    struct machine machine;

    (void)state;
    start(&machine);
    run_for(&machine, 2 * SECOND_NS, 80, 0);
    run_for(&machine, 10 * SECOND_NS, 83, 900);
    assert_int_equal(machine.told_ns, 0);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(nothing_is_lost_with_huge_pages),
        cmocka_unit_test(it_is_told_when_they_are_back),
        cmocka_unit_test(it_goes_on_as_long_as_they_are_lost),
        cmocka_unit_test(what_is_half_lost_says_nothing),
        cmocka_unit_test(the_simulators_own_pace_is_its_own),
        cmocka_unit_test(a_small_difference_is_chance),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
