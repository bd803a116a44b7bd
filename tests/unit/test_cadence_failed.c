/* SPDX-License-Identifier: MIT */
/* When a snapshot that could not be taken is tried again. */
#include "unit.h"

#include "snapshot/cadence.h"

#define MS_NS     UINT64_C(1000000)
#define SECOND_NS UINT64_C(1000000000)

static struct options_interval every_ns(uint64_t ns)
{
    return (struct options_interval){.kind = INTERVAL_TIME, .ns = ns};
}

/* How many tries there are in that time, where each takes so long and is in vain, because of a thread or not.
 */
static unsigned tries_in_vain(const struct options_interval *interval, unsigned seconds, uint64_t stall_ns,
                              bool is_stuck, bool is_bare)
{
    struct cadence cadence;
    uint64_t now_ns = 1, eval = 1;
    unsigned tries = 0;

    for (cadence_init(&cadence, interval, 10000, 0); now_ns < (uint64_t)seconds * 1000 * MS_NS;) {
        struct cadence_step step = cadence_step(&cadence, now_ns, eval);
        if (step.snapshot) {
            now_ns += stall_ns;
            cadence_failed(&cadence, now_ns, eval, stall_ns, is_stuck, is_bare);
            tries++;
        }
        uint64_t evals = step.look_in_evals < 1000 ? step.look_in_evals : 1000;
        eval += evals;
        now_ns += evals * MS_NS / 10;
    }
    return tries;
}

/* A thread that never stops: each try takes 200 ms, and they become rarer, whatever the interval is. */
static void what_is_tried_in_vain_becomes_rare(void **state)
{
    const struct options_interval second = every_ns(SECOND_NS);
    const struct options_interval evals = {.kind = INTERVAL_EVALS, .evals = 1000};

    (void)state;
    assert_in_range(tries_in_vain(&second, 100, 200 * MS_NS, true, false), 5, 9);
    assert_in_range(tries_in_vain(&evals, 100, 200 * MS_NS, true, false), 5, 9);
    assert_in_range(tries_in_vain(&evals, 100, 200 * MS_NS, true, true), 5, 9); /* nothing else counts */
    assert_in_range(tries_in_vain(&second, 10000, 200 * MS_NS, true, false), 20, 60); /* 0.1% of the time */
    /* A clone that is refused: the next try comes when the next snapshot would, in 100 ms; and so it does
     * where threads would not stop and that was known at once. */
    assert_in_range(tries_in_vain(&evals, 100, MS_NS / 2, false, false), 980, 1001);
    assert_in_range(tries_in_vain(&evals, 100, MS_NS / 2, true, false), 980, 1001);
    assert_in_range(tries_in_vain(&evals, 100, 200 * MS_NS, false, false), 300, 340);
}

/* Where nothing could be replayed it is tried again after 1, 2, 4, 8 and 16 s, and then as the budget allows.
 */
static void the_first_one_is_tried_again_soon(void **state)
{
    const struct options_interval hour = every_ns(3600 * SECOND_NS);
    struct cadence cadence;
    uint64_t now_ns = SECOND_NS, eval = 1;

    (void)state;
    cadence_init(&cadence, &hour, 10000, 0);
    assert_true(cadence_step(&cadence, now_ns, eval).snapshot);
    cadence_failed(&cadence, now_ns, eval, MS_NS, false, true);
    for (unsigned s = 1; s <= 16; s *= 2) {
        assert_false(cadence_step(&cadence, now_ns + s * SECOND_NS - 1, ++eval).snapshot);
        now_ns += s * SECOND_NS;
        assert_true(cadence_step(&cadence, now_ns, ++eval).snapshot);
        cadence_failed(&cadence, now_ns, eval, MS_NS, false, true);
    }
    assert_false(cadence_step(&cadence, now_ns + 3599 * SECOND_NS, ++eval).snapshot);
    now_ns += 3600 * SECOND_NS;
    assert_true(cadence_step(&cadence, now_ns, ++eval).snapshot);
    cadence_failed(&cadence, now_ns, eval, MS_NS, false, false); /* there is another */
    assert_false(cadence_step(&cadence, now_ns + 3599 * SECOND_NS, ++eval).snapshot);
    cadence_snapshot_taken(&cadence, now_ns, eval, MS_NS);
    cadence_failed(&cadence, now_ns, eval, MS_NS, false, true);
    assert_true(cadence_step(&cadence, now_ns + SECOND_NS, ++eval).snapshot); /* as at the beginning */
}

static void a_try_beside_another_snapshot_waits_its_turn(void **state)
{
    const struct options_interval hour = every_ns(3600 * SECOND_NS);
    struct cadence cadence;

    (void)state;
    cadence_init(&cadence, &hour, 10000, 0);
    cadence_step(&cadence, 1, 1);
    cadence_failed(&cadence, 1, 1, MS_NS, false, false);
    assert_false(cadence_step(&cadence, 60 * SECOND_NS, 2).snapshot);
}

/* A snapshot that is taken after all ends the tries that become rarer. */
static void one_that_stops_after_all_is_forgiven(void **state)
{
    const struct options_interval second = every_ns(SECOND_NS);
    struct cadence cadence;

    (void)state;
    cadence_init(&cadence, &second, 10000, 0);
    cadence_step(&cadence, 1, 1);
    for (unsigned i = 0; i < 5; i++)
        cadence_failed(&cadence, 1, 1, 200 * MS_NS, true, false);
    assert_int_equal(cadence.barred_ns, 1 + 200 * MS_NS * 2 * 32);
    cadence_snapshot_taken(&cadence, 2, 2, MS_NS);
    cadence_failed(&cadence, 2, 3, 200 * MS_NS, true, false);
    assert_int_equal(cadence.barred_ns, 2 + 200 * MS_NS * 2 * 2);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(what_is_tried_in_vain_becomes_rare),
        cmocka_unit_test(the_first_one_is_tried_again_soon),
        cmocka_unit_test(a_try_beside_another_snapshot_waits_its_turn),
        cmocka_unit_test(one_that_stops_after_all_is_forgiven),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
