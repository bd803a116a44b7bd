/* SPDX-License-Identifier: MIT */
/* How often snapshots come by the budget, where what they cost comes after them. */
#include "unit.h"

#include <stdbool.h>

#include "snapshot/cadence.h"

#define MS_NS     UINT64_C(1000000)
#define SECOND_NS UINT64_C(1000000000)
#define LOOK_NS   (10 * MS_NS)

static const struct options_interval automatic = {.kind = INTERVAL_AUTO};

/* The second comes when the run is old enough for both, and no sooner. */
static void the_second_is_in_the_budget_too(void **state)
{
    struct cadence cadence;

    (void)state;
    cadence_init(&cadence, &automatic, 10000, 5 * SECOND_NS);
    assert_true(cadence_step(&cadence, 5 * SECOND_NS, 1).snapshot);
    cadence_snapshot_taken(&cadence, 5 * SECOND_NS, 1, 5 * MS_NS);
    cadence_cost(&cadence, 40 * MS_NS, 40 * MS_NS); /* with an eighth more for what is not seen: 45 */
    assert_false(cadence_is_due(&cadence, 14 * SECOND_NS - 1, 2));
    assert_true(cadence_is_due(&cadence, 14 * SECOND_NS, 2));
    cadence_cost(&cadence, 40 * MS_NS, 120 * MS_NS); /* it shares more than the first did */
    assert_false(cadence_is_due(&cadence, 23 * SECOND_NS - 1, 2));
    assert_true(cadence_step(&cadence, 23 * SECOND_NS, 2).snapshot);
    cadence_snapshot_taken(&cadence, 23 * SECOND_NS, 2, 50 * MS_NS);
    cadence_cost(&cadence, 120 * MS_NS, 120 * MS_NS);
    assert_false(cadence_is_due(&cadence, 365 * SECOND_NS / 10 - 1, 3));
    assert_true(cadence_is_due(&cadence, 365 * SECOND_NS / 10, 3));
}

static void a_cost_may_turn_out_to_be_less(void **state)
{
    struct cadence cadence;

    (void)state;
    cadence_init(&cadence, &automatic, 10000, 0);
    cadence_step(&cadence, 0, 1);
    cadence_snapshot_taken(&cadence, 0, 1, 2 * MS_NS);
    cadence_cost(&cadence, 500 * MS_NS, 0);
    assert_false(cadence_is_due(&cadence, 50 * SECOND_NS, 2));
    cadence_cost(&cadence, 3 * MS_NS, 0);
    assert_true(cadence_is_due(&cadence, SECOND_NS, 2));
}

/* What the copies of a snapshot cost comes after it: the recorded curves of simulators that write over all of
 * a gigabyte, at random and page after page, and over a few pages. After each look it is told what the
 * snapshot has cost so far. */
static const struct {
    struct {
        uint64_t after_ms, cost_ms;
    } curve[6];
    uint64_t stall_ms, most; /* snapshots in 600 s */
} curves[] = {
    {{{100, 90}, {500, 420}, {1000, 760}, {2000, 1220}, {4000, 1580}, {8000, 1690}}, 115, 2},
    {{{100, 12}, {500, 60}, {1000, 125}, {2000, 250}, {4000, 480}, {8000, 560}}, 28, 9},
    {{{100, 3}, {500, 3}, {1000, 3}, {2000, 3}, {4000, 3}, {8000, 3}}, 0, 601},
};

static uint64_t cost_after_ns(size_t index, uint64_t ns)
{
    uint64_t x0 = 0, y0 = 0;

    for (size_t i = 0; i < 6; i++) {
        uint64_t x1 = curves[index].curve[i].after_ms * MS_NS, y1 = curves[index].curve[i].cost_ms * MS_NS;

        if (ns <= x1)
            return y0 + (y1 - y0) * (ns - x0) / (x1 - x0);
        x0 = x1;
        y0 = y1;
    }
    return y0;
}

static void what_comes_after_a_snapshot_is_in_the_budget(void **state)
{
    (void)state;
    for (size_t i = 0; i < COUNT_OF(curves); i++) {
        struct cadence cadence;
        uint64_t spent_ns = 0, so_far_ns = 0, taken_ns = 0, snapshots = 0;

        cadence_init(&cadence, &automatic, 10000, 0);
        for (uint64_t now_ns = 0; now_ns < 600 * SECOND_NS; now_ns += LOOK_NS) {
            if (snapshots > 0) {
                so_far_ns = curves[i].stall_ms * MS_NS + cost_after_ns(i, now_ns - taken_ns);
                cadence_cost(&cadence, so_far_ns, so_far_ns);
            }
            if (!cadence_step(&cadence, now_ns, now_ns / 1000 + 1).snapshot)
                continue;
            spent_ns += so_far_ns;
            /* All that was spent, and as much again for the next one. The first is taken whatever it costs.
             */
            assert_true(snapshots == 0 || spent_ns + so_far_ns <= now_ns / 100);
            snapshots++;
            taken_ns = now_ns;
            cadence_snapshot_taken(&cadence, now_ns, now_ns / 1000 + 1, curves[i].stall_ms * MS_NS);
        }
        print_message("%d snapshots\n", (int)snapshots);
        assert_in_range(snapshots, curves[i].most - curves[i].most / 8, curves[i].most);
        assert_true(spent_ns + so_far_ns <= 600 * SECOND_NS / 100);
    }
}

/* Others have the processors for the most part of the time: what a snapshot costs is a share of the rest. */
static void the_budget_is_of_what_was_used(void **state)
{
    static const struct {
        uint64_t used_of_8, wait_s;
    } shares[] = {{8, 9}, {16, 9}, {4, 18}, {2, 36}, {0, 144}};
    struct cadence cadence;

    (void)state;
    for (size_t i = 0; i < sizeof shares / sizeof *shares; i++) {
        cadence_init(&cadence, &automatic, 10000, 0);
        cadence_step(&cadence, 0, 1);
        cadence_snapshot_taken(&cadence, 0, 1, 0);
        cadence_used(&cadence, SECOND_NS / 8, 1); /* too early to tell */
        assert_int_equal(cadence.wait_ns, SECOND_NS);
        cadence_used(&cadence, 8 * SECOND_NS, shares[i].used_of_8 * SECOND_NS);
        cadence_cost(&cadence, 40 * MS_NS, 40 * MS_NS);
        assert_int_equal(cadence_due_ns(&cadence), shares[i].wait_s * SECOND_NS);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(the_second_is_in_the_budget_too),
        cmocka_unit_test(a_cost_may_turn_out_to_be_less),
        cmocka_unit_test(what_comes_after_a_snapshot_is_in_the_budget),
        cmocka_unit_test(the_budget_is_of_what_was_used),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
