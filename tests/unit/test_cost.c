/* SPDX-License-Identifier: MIT */
/* What copied pages cost, on simulated machines: the true price is known here. */
#include "unit.h"

#include <stdbool.h>

#include "snapshot/cost.h"

#define MS_NS     UINT64_C(1000000)
#define SECOND_NS UINT64_C(1000000000)
#define TICK_NS   (4 * MS_NS)
#define LOOK_NS   (10 * MS_NS)

struct machine {
    struct cost cost;
    struct cost_now now; /* as the kernel tells it: time spent there in whole ticks */
    uint64_t system_ns;  /* the truth */
    uint64_t own_share;  /* parts of a thousand that the simulator spends there by itself */
};

static void start(struct machine *machine, uint64_t own_share)
{
    *machine = (struct machine){.now = {.ns = 5 * SECOND_NS, .faults = 7, .peak_bytes = 1 << 20},
                                .own_share = own_share};
    cost_init(&machine->cost, machine->now);
}

/* For so long it copies so many pages a second, at that price. */
static void run_for(struct machine *machine, uint64_t span_ns, uint64_t pages, uint64_t page_ns)
{
    for (uint64_t end_ns = machine->now.ns + span_ns; machine->now.ns < end_ns;) {
        uint64_t copied = pages * LOOK_NS / SECOND_NS;

        machine->now.ns += LOOK_NS;
        machine->now.faults += copied;
        machine->system_ns += LOOK_NS / 1000 * machine->own_share + copied * page_ns;
        machine->now.system_ns = machine->system_ns / TICK_NS * TICK_NS;
        cost_look(&machine->cost, machine->now, true);
    }
}

static void expect(const struct machine *machine, uint64_t least_ns, uint64_t most_ns)
{
    assert_in_range(cost_ns(&machine->cost), least_ns, most_ns);
}

static void the_price_is_measured(void **state)
{
    struct machine machine;

    (void)state;
    start(&machine, 0);
    run_for(&machine, 2 * SECOND_NS, 100000, 6000);
    expect(&machine, 1150 * MS_NS, 1250 * MS_NS);
    start(&machine, 0);
    run_for(&machine, 2 * SECOND_NS, 100000, 2000);
    expect(&machine, 380 * MS_NS, 420 * MS_NS);
}

/* What the simulator does in the kernel anyway is no cost of ours. */
static void the_simulators_own_time_is_taken_off(void **state)
{
    struct machine machine;

    (void)state;
    start(&machine, 300);
    run_for(&machine, 3 * SECOND_NS, 0, 0);
    cost_begin(&machine.cost, machine.now, 0);
    run_for(&machine, 2 * SECOND_NS, 50000, 5000);
    expect(&machine, 480 * MS_NS, 520 * MS_NS);
    run_for(&machine, 20 * SECOND_NS, 0, 0);
    expect(&machine, 480 * MS_NS, 520 * MS_NS);
}

/* Where it never copies nothing, the price has bounds. */
static void a_price_has_bounds(void **state)
{
    struct machine machine;

    (void)state;
    start(&machine, 900);
    run_for(&machine, 2 * SECOND_NS, 2000, 1300);
    expect(&machine, 4000 * COST_PAGE_NS, 4000 * COST_PAGE_MOST_NS);
    start(&machine, 0);
    run_for(&machine, 2 * SECOND_NS, 2000, 100);
    expect(&machine, 4000 * COST_PAGE_LEAST_NS, 4000 * COST_PAGE_NS);
    start(&machine, 0);
    run_for(&machine, 2 * SECOND_NS, 100000, 100);
    expect(&machine, 200000 * COST_PAGE_LEAST_NS, 200000 * COST_PAGE_LEAST_NS);
}

static void few_pages_cost_what_they_always_cost(void **state)
{
    struct machine machine;

    (void)state;
    start(&machine, 100);
    run_for(&machine, 10 * SECOND_NS, 100, 1300);
    expect(&machine, 1000 * COST_PAGE_NS, 1000 * COST_PAGE_NS);
}

static void growth_is_no_copy(void **state)
{
    struct machine machine;

    (void)state;
    start(&machine, 0);
    machine.now.ns += SECOND_NS;
    machine.now.faults += 100000;
    machine.now.peak_bytes += 4096 * UINT64_C(99990);
    machine.now.system_ns += 90 * MS_NS;
    cost_look(&machine.cost, machine.now, true);
    expect(&machine, 10 * COST_PAGE_NS, 10 * COST_PAGE_NS);
}

/* But the next snapshot shares it. */
static void growth_makes_the_next_one_dearer(void **state)
{
    struct machine machine;

    (void)state;
    start(&machine, 0);
    machine.now.peak_bytes += 4096 * UINT64_C(100000);
    cost_begin(&machine.cost, machine.now, 2 * MS_NS);
    assert_int_equal(cost_next_ns(&machine.cost), 2 * MS_NS);
    machine.now.ns += SECOND_NS;
    machine.now.peak_bytes += 4096 * UINT64_C(200000);
    cost_look(&machine.cost, machine.now, true);
    assert_int_equal(cost_next_ns(&machine.cost), 2 * MS_NS + 200000 * COST_PAGE_LEAST_NS);
}

static void an_account_begins_anew(void **state)
{
    struct machine machine;

    (void)state;
    start(&machine, 0);
    run_for(&machine, SECOND_NS, 100000, 6000);
    cost_begin(&machine.cost, machine.now, 0);
    expect(&machine, 0, 0);
    machine.now.faults += 10; /* between two windows by the price that was known before, near enough */
    cost_look(&machine.cost, machine.now, true);
    expect(&machine, 45000, 60000);
}

/* A second of 100,000 pages after each snapshot, and what is paid beside them. */
static void all_snapshots_are_summed(void **state)
{
    struct machine machine;

    (void)state;
    start(&machine, 0);
    cost_begin(&machine.cost, machine.now, 3 * MS_NS);
    run_for(&machine, SECOND_NS, 100000, 5000);
    cost_pay(&machine.cost, 7 * MS_NS, false);
    expect(&machine, 485 * MS_NS, 535 * MS_NS);
    cost_begin(&machine.cost, machine.now, 20 * MS_NS);
    assert_int_equal(cost_ns(&machine.cost), 20 * MS_NS);
    run_for(&machine, SECOND_NS, 100000, 5000);
    assert_in_range(cost_total_ns(&machine.cost), 980 * MS_NS, 1080 * MS_NS);
    uint64_t last_ns = cost_ns(&machine.cost);
    machine.now.ns += 10 * SECOND_NS; /* nothing is shared any more */
    machine.now.faults += 10000000;
    cost_look(&machine.cost, machine.now, false);
    assert_int_equal(cost_ns(&machine.cost), last_ns);
}

/* Once it is known what the simulator does by itself, a small one is not looked at between two snapshots. */
static void a_small_one_is_left_alone(void **state)
{
    struct cost_now now = {.ns = 1000 * MS_NS, .peak_bytes = 32 << 20};
    struct cost cost;

    (void)state;
    cost_init(&cost, now);
    assert_int_equal(cost_due_ns(&cost), 1100 * MS_NS);
    now.ns = 1600 * MS_NS;
    cost_look(&cost, now, true);
    assert_int_equal(cost_due_ns(&cost), UINT64_MAX);
    assert_true(cost_is_due(&cost, 2000 * MS_NS)); /* where there is a look all the same */
    now.ns = 2000 * MS_NS;
    now.peak_bytes = 64 << 20;
    cost_look(&cost, now, true);
    assert_true(cost_due_ns(&cost) < 3000 * MS_NS);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(the_price_is_measured),     cmocka_unit_test(the_simulators_own_time_is_taken_off),
        cmocka_unit_test(a_price_has_bounds),        cmocka_unit_test(few_pages_cost_what_they_always_cost),
        cmocka_unit_test(growth_is_no_copy),         cmocka_unit_test(growth_makes_the_next_one_dearer),
        cmocka_unit_test(an_account_begins_anew),    cmocka_unit_test(all_snapshots_are_summed),
        cmocka_unit_test(a_small_one_is_left_alone),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
