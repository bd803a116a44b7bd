/* SPDX-License-Identifier: MIT */
/* Cadence against a simulated simulator: a clock that each eval moves on by a price that may change. */
#include "unit.h"

#include <string.h>

#include "snapshot/cadence.h"

#define MS_NS     UINT64_C(1000000)
#define SECOND_NS UINT64_C(1000000000)

/* A run: what has passed, and what was seen at the looks. */
struct run {
    struct cadence cadence;
    uint64_t now_ns;
    uint64_t evals;
    uint64_t stride;
    uint64_t eval_ns; /* price of an eval now */
    uint64_t cost_ns; /* price of a snapshot */
    uint64_t looks;
    uint64_t snapshots;
    uint64_t last_snapshot_ns;
    uint64_t longest_gap_ns; /* between two snapshots */
    uint64_t shortest_gap_ns;
};

static void run_start(struct run *run, struct options_interval interval, uint64_t eval_ns)
{
    memset(run, 0, sizeof(*run));
    run->now_ns = 5 * SECOND_NS;
    run->stride = 1;
    run->eval_ns = eval_ns;
    run->cost_ns = 300000;
    run->shortest_gap_ns = UINT64_MAX;
    cadence_init(&run->cadence, &interval, 10000, run->now_ns);
}

static void run_snapshot(struct run *run)
{
    uint64_t gap_ns = run->now_ns - run->last_snapshot_ns;

    if (run->snapshots > 0 && gap_ns > run->longest_gap_ns)
        run->longest_gap_ns = gap_ns;
    if (run->snapshots > 0 && gap_ns < run->shortest_gap_ns)
        run->shortest_gap_ns = gap_ns;
    run->snapshots++;
    run->now_ns += run->cost_ns;
    run->last_snapshot_ns = run->now_ns;
    cadence_snapshot_taken(&run->cadence, run->now_ns, run->evals, run->cost_ns);
}

/* One look: the evals up to it pass, then cadence is asked. Returns what it answered. */
static struct cadence_step run_look(struct run *run)
{
    struct cadence_step step;

    run->now_ns += run->stride * run->eval_ns;
    run->evals += run->stride;
    step = cadence_step(&run->cadence, run->now_ns, run->evals);
    assert_true(step.look_in_evals > 0);
    run->looks++;
    if (step.snapshot)
        run_snapshot(run);
    run->stride = step.look_in_evals;
    return step;
}

static void run_for(struct run *run, uint64_t span_ns)
{
    uint64_t end_ns = run->now_ns + span_ns;

    while (run->now_ns < end_ns)
        run_look(run);
}

static struct options_interval every_ns(uint64_t ns)
{
    return (struct options_interval){.kind = INTERVAL_TIME, .ns = ns};
}

static struct options_interval every_evals(uint64_t evals)
{
    return (struct options_interval){.kind = INTERVAL_EVALS, .evals = evals};
}

static const struct options_interval automatic = {.kind = INTERVAL_AUTO};

static void evals_are_exact(void **state)
{
    struct run run;

    (void)state;
    run_start(&run, every_evals(1000), 50);
    for (uint64_t i = 0; i < 50; i++) {
        struct cadence_step step = run_look(&run);

        assert_true(step.snapshot);
        assert_int_equal(run.evals, 1 + i * 1000);
        assert_int_equal(step.look_in_evals, 1000);
    }
}

static void every_single_eval(void **state)
{
    struct run run;

    (void)state;
    run_start(&run, every_evals(1), 50);
    for (uint64_t i = 1; i <= 10; i++) {
        assert_true(run_look(&run).snapshot);
        assert_int_equal(run.evals, i);
    }
}

static void a_look_in_between_changes_no_grid(void **state)
{
    struct run run;
    struct cadence_step step;

    (void)state;
    run_start(&run, every_evals(1000), 50);
    run_look(&run);
    run.stride = 400; /* somebody looks early */
    step = run_look(&run);
    assert_false(step.snapshot);
    assert_int_equal(step.look_in_evals, 600);
    assert_true(run_look(&run).snapshot);
    assert_int_equal(run.evals, 1001);
}

static void a_snapshot_tried_in_vain_waits_its_turn(void **state)
{
    struct cadence cadence;
    struct options_interval interval = every_evals(100);

    (void)state;
    cadence_init(&cadence, &interval, 10000, 0);
    assert_true(cadence_step(&cadence, 0, 1).snapshot); /* no cadence_snapshot_taken() follows */
    assert_false(cadence_step(&cadence, 0, 2).snapshot);
    assert_true(cadence_step(&cadence, 0, 101).snapshot);
}

static void a_late_look_takes_the_snapshot(void **state)
{
    struct cadence cadence;
    struct options_interval interval = every_evals(100);
    struct cadence_step step;

    (void)state;
    cadence_init(&cadence, &interval, 10000, 0);
    cadence_step(&cadence, 0, 1);
    step = cadence_step(&cadence, 0, 250);
    assert_true(step.snapshot);
    assert_int_equal(step.look_in_evals, 100);
}

static void huge_evals_saturate(void **state)
{
    struct cadence cadence;
    struct options_interval interval = every_evals(UINT64_MAX);
    struct cadence_step step;

    (void)state;
    cadence_init(&cadence, &interval, 10000, 0);
    step = cadence_step(&cadence, 0, 1);
    assert_true(step.snapshot);
    assert_true(step.look_in_evals >= UINT64_MAX - 1);
    assert_false(cadence_step(&cadence, 0, 2).snapshot);
    interval = every_evals(10);
    cadence_init(&cadence, &interval, 10000, 0);
    assert_true(cadence_step(&cadence, 0, UINT64_MAX - 3).look_in_evals > 0);
}

static void the_first_eval_gets_a_snapshot(void **state)
{
    const struct options_interval kinds[] = {every_ns(SECOND_NS), every_evals(1000), automatic};

    (void)state;
    for (size_t i = 0; i < COUNT_OF(kinds); i++) {
        struct run run;

        run_start(&run, kinds[i], 100);
        assert_true(run_look(&run).snapshot);
        assert_false(run.cadence.interval.kind != INTERVAL_EVALS && run.stride != 1);
    }
}

/* From 2 ns to 100 ms an eval: snapshots come on time, and looks are neither rare nor many. */
static void steady_rates_keep_the_interval(void **state)
{
    static const uint64_t prices_ns[] = {2, 50, 1000, 30000, 1000000, 100000000};

    (void)state;
    for (size_t i = 0; i < COUNT_OF(prices_ns); i++) {
        struct run run;

        run_start(&run, every_ns(SECOND_NS), prices_ns[i]);
        run_for(&run, 100 * SECOND_NS);
        assert_in_range(run.snapshots, 90, 101);
        assert_in_range(run.shortest_gap_ns, SECOND_NS, 2 * SECOND_NS);
        assert_in_range(run.longest_gap_ns, SECOND_NS,
                        SECOND_NS + prices_ns[i]); /* looks aim at the due time */
        assert_true(run.looks <= 14000);           /* 100 a second, and some where it speeds up and aims */
    }
}

static void short_intervals_are_kept_too(void **state)
{
    struct run run;

    (void)state;
    run_start(&run, every_ns(10 * MS_NS), 100);
    run.cost_ns = 100000;
    run_for(&run, 10 * SECOND_NS);
    assert_in_range(run.snapshots, 950, 1000);
    assert_in_range(run.longest_gap_ns, 10 * MS_NS, 10 * MS_NS + 100);
    assert_in_range(run.looks / run.snapshots, 15, 20);
}

static void an_interval_of_a_nanosecond_is_every_eval(void **state)
{
    struct run run;

    (void)state;
    run_start(&run, every_ns(1), 100);
    for (uint64_t i = 1; i <= 100; i++)
        run_look(&run);
    assert_int_equal(run.snapshots, 100);
    assert_int_equal(run.evals, 100);
}

static void strides_grow_by_four_at_most(void **state)
{
    struct run run;
    uint64_t before = 1;

    (void)state;
    run_start(&run, every_ns(SECOND_NS), 2);
    for (int i = 0; i < 200; i++) {
        run_look(&run);
        assert_true(run.stride <= 4 * before);
        before = run.stride;
    }
    assert_in_range(run.stride, 4000000, 5000000); /* 10 ms of 2 ns */
}

/* Evals become 1000 times dearer. The stride that was under way cannot be stopped; the next one is right. */
static void slower_evals_shrink_the_stride_at_once(void **state)
{
    struct run run;

    (void)state;
    run_start(&run, every_ns(60 * SECOND_NS), 50);
    run_for(&run, 10 * SECOND_NS);
    assert_in_range(run.stride, 190000, 210000);
    run.eval_ns = 50000;
    run_look(&run);
    assert_in_range(run.stride * run.eval_ns, 9 * MS_NS, 10 * MS_NS + run.eval_ns);
}

/* Evals become 1000 times cheaper: within five looks they are 10 ms apart again. */
static void faster_evals_grow_the_stride_soon(void **state)
{
    struct run run;

    (void)state;
    run_start(&run, every_ns(60 * SECOND_NS), 50000);
    run_for(&run, 10 * SECOND_NS);
    run.eval_ns = 50;
    for (int i = 0; i < 6; i++)
        run_look(&run);
    assert_in_range(run.stride * run.eval_ns, 9 * MS_NS, 10 * MS_NS + run.eval_ns);
}

/* The price jumps by 1000 back and forth: no snapshot is early, none is later than one wrong stride. */
static void jumping_rates_delay_by_one_stride(void **state)
{
    struct run run;

    (void)state;
    run_start(&run, every_ns(SECOND_NS), 50);
    for (int i = 0; i < 40; i++) {
        run.eval_ns = i % 2 == 0 ? 50 : 50000;
        run_for(&run, 3 * SECOND_NS);
    }
    assert_true(run.shortest_gap_ns >= SECOND_NS);
    assert_true(run.longest_gap_ns <= SECOND_NS + 10000 * MS_NS);
    assert_true(run.snapshots > 20);
}

static void the_stall_is_no_part_of_the_pace(void **state)
{
    struct run run;

    (void)state;
    run_start(&run, every_ns(SECOND_NS), 100);
    run.cost_ns = 500 * MS_NS;
    do
        run_look(&run);
    while (run.snapshots < 3);
    run_look(&run); /* the first look after the stall */
    assert_in_range(run.stride * run.eval_ns, 9 * MS_NS, 11 * MS_NS);
}

static void a_clock_that_stands_still(void **state)
{
    struct run run;

    (void)state;
    run_start(&run, every_ns(SECOND_NS), 0);
    run.cost_ns = 0;
    for (int i = 0; i < 1000; i++)
        run_look(&run);
    assert_int_equal(run.snapshots, 1);
    assert_true(run.stride <= 10 * MS_NS); /* an eval takes at least 1 ns, the clock says what it may */
    run.eval_ns = 100;                     /* it goes on: soon all is well */
    run_for(&run, 10 * SECOND_NS);
    assert_in_range(run.snapshots, 8, 11);
}

static void a_clock_that_steps_back(void **state)
{
    struct run run;

    (void)state;
    run_start(&run, every_ns(SECOND_NS), 100);
    run_for(&run, 500 * MS_NS);
    run.now_ns -= 3 * SECOND_NS;
    run_look(&run);
    assert_int_equal(run.snapshots, 1);
    assert_true(run.stride < 10 * MS_NS);
    run_for(&run, 10 * SECOND_NS);
    assert_in_range(run.snapshots, 6, 9);
}

static void looking_twice_in_one_eval_learns_nothing(void **state)
{
    struct run run;
    struct cadence_step step;
    uint64_t stride;

    (void)state;
    run_start(&run, every_ns(SECOND_NS), 100);
    run_for(&run, 100 * MS_NS);
    stride = run.stride;
    step = cadence_step(&run.cadence, run.now_ns + 5, run.evals);
    assert_int_equal(step.look_in_evals, stride);
}

static void automatic_is_a_second_at_least(void **state)
{
    struct run run;

    (void)state;
    run_start(&run, automatic, 100);
    run.cost_ns = 2 * MS_NS; /* 1% of it would be 200 ms */
    run_for(&run, 100 * SECOND_NS);
    assert_in_range(run.snapshots, 98, 100);
}

static void automatic_keeps_the_budget(void **state)
{
    struct run run;

    (void)state;
    run_start(&run, automatic, 100);
    run.cost_ns = 100 * MS_NS; /* 1%: every 10 s, and an eighth more for what is not seen */
    run_for(&run, 1000 * SECOND_NS);
    assert_in_range(run.snapshots, 87, 89);
    assert_true(run.snapshots * run.cost_ns <= 1000 * SECOND_NS / 100);
    run.cost_ns = MS_NS; /* cheap again: one more long wait, then every second */
    run.snapshots = 0;
    run_for(&run, 100 * SECOND_NS);
    assert_in_range(run.snapshots, 85, 95);
}

/* The first one given up is replaced at once, the others when the budget has room: in the long run it is
 * kept. */
static void a_snapshot_given_up_is_replaced_within_the_budget(void **state)
{
    const struct options_interval intervals[] = {automatic, every_ns(60 * SECOND_NS),
                                                 every_evals(1000000000)};

    (void)state;
    for (size_t i = 0; i < COUNT_OF(intervals); i++) {
        const uint64_t cost_ns = 20 * MS_NS;
        struct run run;
        unsigned replaced = 0;

        run_start(&run, intervals[i], 100);
        run.cost_ns = cost_ns;
        run_look(&run);
        run_snapshot(&run);
        cadence_none_left(&run.cadence, run.now_ns + MS_NS);
        assert_int_equal(run.cadence.early_ns, run.now_ns + MS_NS);
        run.now_ns += MS_NS;
        assert_true(cadence_step(&run.cadence, run.now_ns, run.evals + 1).snapshot);
        for (unsigned ms = 0; ms < 200 * 1000; ms++) { /* each is given up in the next millisecond */
            run.now_ns += MS_NS;
            run.evals++;
            if (!cadence_step(&run.cadence, run.now_ns, run.evals).snapshot)
                continue;
            run.now_ns += cost_ns;
            cadence_snapshot_taken(&run.cadence, run.now_ns, run.evals, cost_ns);
            cadence_none_left(&run.cadence, run.now_ns);
            replaced++;
        }
        assert_in_range(replaced, 85, 115); /* 200 s at 1%, and a quarter of a second at the beginning */
    }
}

static void extremes_do_not_overflow(void **state)
{
    struct cadence cadence;
    struct options_interval interval = every_ns(UINT64_MAX);
    struct cadence_step step;

    (void)state;
    cadence_init(&cadence, &interval, 10000, 0);
    assert_true(cadence_step(&cadence, 1, 1).snapshot);
    cadence_snapshot_taken(&cadence, 2, 1, UINT64_MAX);
    step = cadence_step(&cadence, UINT64_MAX - 1, UINT64_MAX);
    assert_false(step.snapshot);
    assert_in_range(step.look_in_evals, 1, 4);

    cadence_init(&cadence, &automatic, 1, 0);
    cadence_step(&cadence, 1, 1);
    cadence_snapshot_taken(&cadence, 2, 1, UINT64_MAX / 2 + 1); /* cost / budget does not fit in 64 bits */
    assert_false(cadence_step(&cadence, UINT64_MAX / 2, 2).snapshot);

    cadence_init(&cadence, &automatic, 0, 0); /* no budget at all: the first is the last */
    cadence_step(&cadence, 1, 1);
    cadence_snapshot_taken(&cadence, 2, 1, 1);
    assert_false(cadence_step(&cadence, UINT64_MAX - 10, 1000).snapshot);
}

static void tells_what_is_left(void **state)
{
    const struct options_interval by_time = {.kind = INTERVAL_TIME, .ns = 100 * MS_NS};
    const struct options_interval by_evals = {.kind = INTERVAL_EVALS, .evals = 400};
    struct cadence cadence;

    (void)state;
    cadence_init(&cadence, &by_time, 10000, SECOND_NS);
    cadence_snapshot_taken(&cadence, SECOND_NS, 1, 1000);
    assert_int_equal(cadence_left(&cadence, SECOND_NS + 25 * MS_NS, 7), 3 * CADENCE_ALL);
    assert_int_equal(cadence_left(&cadence, SECOND_NS + 200 * MS_NS, 7), 0);
    cadence_init(&cadence, &by_evals, 10000, SECOND_NS);
    cadence_step(&cadence, SECOND_NS, 1);
    assert_int_equal(cadence_left(&cadence, 2 * SECOND_NS, 201), CADENCE_ALL);
    assert_true(cadence_left(&cadence, SECOND_NS, 1) >= UINT64_C(400) * CADENCE_ALL);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(evals_are_exact),
        cmocka_unit_test(every_single_eval),
        cmocka_unit_test(a_look_in_between_changes_no_grid),
        cmocka_unit_test(a_snapshot_tried_in_vain_waits_its_turn),
        cmocka_unit_test(a_late_look_takes_the_snapshot),
        cmocka_unit_test(huge_evals_saturate),
        cmocka_unit_test(the_first_eval_gets_a_snapshot),
        cmocka_unit_test(steady_rates_keep_the_interval),
        cmocka_unit_test(short_intervals_are_kept_too),
        cmocka_unit_test(an_interval_of_a_nanosecond_is_every_eval),
        cmocka_unit_test(strides_grow_by_four_at_most),
        cmocka_unit_test(slower_evals_shrink_the_stride_at_once),
        cmocka_unit_test(faster_evals_grow_the_stride_soon),
        cmocka_unit_test(jumping_rates_delay_by_one_stride),
        cmocka_unit_test(the_stall_is_no_part_of_the_pace),
        cmocka_unit_test(a_clock_that_stands_still),
        cmocka_unit_test(a_clock_that_steps_back),
        cmocka_unit_test(looking_twice_in_one_eval_learns_nothing),
        cmocka_unit_test(automatic_is_a_second_at_least),
        cmocka_unit_test(automatic_keeps_the_budget),
        cmocka_unit_test(a_snapshot_given_up_is_replaced_within_the_budget),
        cmocka_unit_test(extremes_do_not_overflow),
        cmocka_unit_test(tells_what_is_left),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
