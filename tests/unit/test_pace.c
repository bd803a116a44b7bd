/* SPDX-License-Identifier: MIT */
/* The pace of evals. */
#include "unit.h"

#include "snapshot/pace.h"

#define US_NS UINT64_C(1000)
#define MS_NS UINT64_C(1000000)

static void the_lead_is_whole_evals(void **state)
{
    struct pace pace;

    (void)state;
    pace_init(&pace);
    pace_learn(&pace, 1 * MS_NS, 1);
    assert_int_equal(pace.lead_evals, 0);
    pace_learn(&pace, 1 * MS_NS + 100 * US_NS, 101); /* too short a stretch to learn from */
    assert_int_equal(pace.lead_evals, 0);
    pace_learn(&pace, 2 * MS_NS, 1001);
    assert_int_equal(pace.eval_ns, 1001);
    assert_int_equal(pace.lead_evals, 250);
    pace_learn(&pace, 12 * MS_NS, 1003); /* evals that are too long to wait for */
    assert_int_equal(pace.lead_evals, 0);
}

static void a_snapshot_is_no_part_of_it(void **state)
{
    struct pace pace;

    (void)state;
    pace_init(&pace);
    pace_learn(&pace, 1 * MS_NS, 1);
    pace_begin(&pace, 900 * MS_NS, 1000);
    pace_learn(&pace, 901 * MS_NS, 2000);
    assert_int_equal(pace.eval_ns, 1001);
}

static void memory_is_watched_every_ten_milliseconds(void **state)
{
    struct pace pace;
    uint64_t sum = 0;

    (void)state;
    pace_init(&pace);
    assert_int_equal(pace_watch(&pace, 3), 3);
    for (unsigned i = 0; i < 4; i++) /* as long as nothing is known, rarer and rarer */
        sum += pace_watch(&pace, UINT64_MAX);
    assert_int_equal(sum, 16 + 64 + 256 + 1024);
    pace_learn(&pace, 1 * MS_NS, 1);
    pace_learn(&pace, 2 * MS_NS, 1001);
    assert_int_equal(pace_watch(&pace, UINT64_MAX), 10000);
    pace_learn(&pace, 22 * MS_NS, 1002);
    assert_int_equal(pace_watch(&pace, UINT64_MAX), 1);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(the_lead_is_whole_evals),
        cmocka_unit_test(a_snapshot_is_no_part_of_it),
        cmocka_unit_test(memory_is_watched_every_ten_milliseconds),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
