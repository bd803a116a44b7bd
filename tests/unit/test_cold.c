/* SPDX-License-Identifier: MIT */
/* Evals on cold caches, on a simulated machine: what they take just after a snapshot is known here. */
#include "unit.h"

#include "snapshot/cold.h"

#define MS_NS   UINT64_C(1000000)
#define LOOK_NS (2 * MS_NS)
#define EVAL_NS UINT64_C(10000)

struct machine {
    struct cold cold;
    struct cold_now now;
    uint64_t looks, paid_ns;
};

static void start(struct machine *machine)
{
    *machine = (struct machine){.now = {.ns = 5000 * MS_NS, .used_ns = 7 * MS_NS, .evals = 1}};
    cold_init(&machine->cold);
}

static void run_for(struct machine *machine, uint64_t span_ns, uint64_t eval_ns)
{
    for (uint64_t end_ns = machine->now.ns + span_ns; machine->now.ns < end_ns;) {
        machine->now.ns += LOOK_NS;
        machine->now.used_ns += LOOK_NS;
        machine->now.evals += LOOK_NS / eval_ns;
        if (machine->now.ns >= cold_due_ns(&machine->cold)) {
            cold_look(&machine->cold, machine->now);
            machine->looks++;
        }
    }
}

/* The first evals take so much more, all together. */
static void take(struct machine *machine, uint64_t more_ns, uint64_t eval_ns)
{
    machine->paid_ns += cold_begin(&machine->cold, machine->now);
    machine->now.ns += more_ns;
    machine->now.used_ns += more_ns;
    run_for(machine, 300 * MS_NS, eval_ns);
}

static void it_is_paid_for_all(void **state)
{
    struct machine machine;

    (void)state;
    start(&machine);
    for (unsigned i = 0; i < 4; i++)
        take(&machine, 3 * MS_NS, EVAL_NS);
    assert_int_equal(machine.paid_ns, 0); /* so few may be chance */
    for (uint64_t i = 4; i < 100; i++) {
        take(&machine, 3 * MS_NS, EVAL_NS);
        assert_in_range(machine.paid_ns, (i + 1) * 29 * MS_NS / 10, (i + 1) * 31 * MS_NS / 10);
    }
}

static void one_that_does_something_else_does_not_count(void **state)
{
    struct machine machine;

    (void)state;
    start(&machine);
    for (unsigned i = 0; i < 40; i++)
        take(&machine, i % 3 == 0 ? 9 * MS_NS : 1 * MS_NS, EVAL_NS);
    assert_in_range(machine.paid_ns, 39 * MS_NS, 41 * MS_NS);
}

static void nothing_is_paid_where_they_are_as_fast(void **state)
{
    struct machine machine;

    (void)state;
    start(&machine);
    for (unsigned i = 0; i < 40; i++)
        take(&machine, 0, EVAL_NS);
    assert_int_equal(machine.paid_ns, 0);
}

/* Faster ones after it are no gain that could be told. */
static void it_is_never_less_than_nothing(void **state)
{
    struct machine machine;

    (void)state;
    start(&machine);
    for (unsigned i = 0; i < 40; i++) {
        machine.paid_ns += cold_begin(&machine.cold, machine.now);
        run_for(&machine, 10 * MS_NS, EVAL_NS / 2);
        run_for(&machine, 300 * MS_NS, EVAL_NS);
    }
    assert_int_equal(machine.paid_ns, 0);
}

static void long_evals_are_too_few_to_compare(void **state)
{
    struct machine machine;

    (void)state;
    start(&machine);
    for (unsigned i = 0; i < 20; i++)
        take(&machine, 5 * MS_NS, 2 * MS_NS);
    assert_int_equal(machine.paid_ns, 0);
    assert_int_equal(cold_due_ns(&machine.cold), UINT64_MAX);
}

/* Its copies of pages are paid for already. */
static void faults_do_not_count(void **state)
{
    struct machine machine;

    (void)state;
    start(&machine);
    machine.now.page_ns = 2000;
    for (unsigned i = 0; i < 40; i++) {
        machine.paid_ns += cold_begin(&machine.cold, machine.now);
        machine.now.faults += 1500;
        machine.now.used_ns += 4 * MS_NS; /* a quarter more than that */
        run_for(&machine, 300 * MS_NS, EVAL_NS);
    }
    assert_in_range(machine.paid_ns, 39 * MS_NS, 41 * MS_NS);
}

/* A look is some system calls. */
static void it_is_timed_seldom_when_it_is_known(void **state)
{
    struct machine machine;

    (void)state;
    start(&machine);
    for (unsigned i = 0; i < COLD_SAMPLES; i++)
        take(&machine, MS_NS, EVAL_NS);
    assert_int_equal(machine.looks, 2 * COLD_SAMPLES);
    machine.looks = 0;
    for (unsigned i = 0; i < 160; i++)
        take(&machine, MS_NS, EVAL_NS);
    assert_int_equal(machine.looks, 2 * 160 / 16);
}

/* Somebody else has most of the processor. */
static void a_busy_machine_changes_nothing(void **state)
{
    struct machine machine;

    (void)state;
    start(&machine);
    for (unsigned i = 0; i < 40; i++) {
        machine.paid_ns += cold_begin(&machine.cold, machine.now);
        machine.now.used_ns += 3 * MS_NS;
        for (unsigned turn = 0; turn < 20; turn++) {
            machine.now.ns += 20 * MS_NS;
            run_for(&machine, 4 * MS_NS, EVAL_NS);
        }
    }
    assert_in_range(machine.paid_ns, 116 * MS_NS, 124 * MS_NS);
}

/* It waited for something. */
static void who_looks_late_has_seen_other_things(void **state)
{
    struct machine machine;

    (void)state;
    start(&machine);
    for (unsigned i = 0; i < 20; i++) {
        machine.paid_ns += cold_begin(&machine.cold, machine.now);
        machine.now.ns += i % 2 == 0 ? 200 * MS_NS : 1200 * MS_NS;
        machine.now.used_ns += i % 2 == 0 ? 60 * MS_NS : 5 * MS_NS;
        run_for(&machine, 300 * MS_NS, EVAL_NS);
    }
    assert_int_equal(machine.paid_ns, 0);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(it_is_paid_for_all),
        cmocka_unit_test(one_that_does_something_else_does_not_count),
        cmocka_unit_test(nothing_is_paid_where_they_are_as_fast),
        cmocka_unit_test(it_is_never_less_than_nothing),
        cmocka_unit_test(long_evals_are_too_few_to_compare),
        cmocka_unit_test(faults_do_not_count),
        cmocka_unit_test(it_is_timed_seldom_when_it_is_known),
        cmocka_unit_test(a_busy_machine_changes_nothing),
        cmocka_unit_test(who_looks_late_has_seen_other_things),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
