/* SPDX-License-Identifier: MIT */
/* Glances between two whole looks. */
#include "unit.h"

#include <stdbool.h>

#include "snapshot/glance.h"

#define US_NS UINT64_C(1000)
#define MS_NS UINT64_C(1000000)

/* Evals that take so long each, from one look to the next. Returns when the whole look came. */
struct run {
    struct glance glance;
    uint64_t ns, eval, eval_ns;
    uint64_t longest_ns;
    unsigned glances;
};

static void pass(struct run *run, uint64_t evals)
{
    run->ns += evals * run->eval_ns;
    run->eval += evals;
    if (evals * run->eval_ns > run->longest_ns)
        run->longest_ns = evals * run->eval_ns;
}

static void run_until(struct run *run, uint64_t until_ns, uint64_t until_eval)
{
    uint64_t evals = glance_begin(&run->glance, run->ns, run->eval, until_ns, until_eval, 1);

    run->longest_ns = 0;
    for (run->glances = 0; evals != 0; run->glances++) {
        pass(run, evals);
        evals = glance_step(&run->glance, run->ns, run->eval);
    }
}

static void every_look_is_a_whole_one_at_first(void **state)
{
    struct glance glance;

    (void)state;
    glance_stop(&glance);
    assert_int_equal(glance_step(&glance, 1, 1), 0);
    assert_int_equal(glance_step(&glance, UINT64_MAX, 1), 0);
}

static void a_time_is_met(void **state)
{
    static const uint64_t paces_ns[] = {1, 40, 3 * US_NS, 700 * US_NS, 25 * MS_NS};

    (void)state;
    for (size_t i = 0; i < COUNT_OF(paces_ns); i++) {
        struct run run = {.ns = 5 * MS_NS, .eval = 17, .eval_ns = paces_ns[i]};

        run_until(&run, 1005 * MS_NS, UINT64_MAX);
        assert_in_range(run.ns, 1005 * MS_NS, 1005 * MS_NS + 2 * paces_ns[i]);
        assert_true(run.longest_ns <= 10 * MS_NS || paces_ns[i] > 10 * MS_NS);
        assert_in_range(run.glances, 40, 140);
    }
}

static void an_eval_is_met_exactly(void **state)
{
    struct run run = {.ns = 5 * MS_NS, .eval = 17, .eval_ns = 40};

    (void)state;
    run_until(&run, UINT64_MAX, 1234567);
    assert_int_equal(run.eval, 1234567);
    assert_in_range(run.glances, 5, 30);
    run_until(&run, 10 * MS_NS, UINT64_MAX); /* it is over already */
    assert_int_equal(run.glances, 1);
}

/* Evals that become slow are noticed: what was meant to be 10 ms is longer once. */
static void a_pace_is_followed(void **state)
{
    struct run run = {.ns = 5 * MS_NS, .eval = 17, .eval_ns = 40};

    (void)state;
    run_until(&run, 105 * MS_NS, UINT64_MAX);
    run.eval_ns = 400;
    uint64_t evals = glance_begin(&run.glance, run.ns, run.eval, run.ns + 1000 * MS_NS, UINT64_MAX,
                                  run.glance.stride_evals);
    pass(&run, evals);
    evals = glance_step(&run.glance, run.ns, run.eval);
    assert_in_range(evals * 400, 9 * MS_NS, 10 * MS_NS);
    run.eval_ns = 4;
    pass(&run, evals);
    assert_int_equal(glance_step(&run.glance, run.ns, run.eval), 4 * evals); /* never by more at once */
}

/* As it is while threads stand by for a snapshot. */
static void what_is_due_already_may_wait(void **state)
{
    struct run run = {.ns = 5 * MS_NS, .eval = 17, .eval_ns = 40 * US_NS};

    (void)state;
    run_until(&run, 105 * MS_NS, UINT64_MAX);
    assert_int_equal(glance_begin(&run.glance, run.ns, run.eval, run.ns, UINT64_MAX, 7), 7);
}

/* Who may not be blind for long is not so for the first stretch either. */
static void a_near_time_is_met_at_once(void **state)
{
    struct run run = {.ns = 5 * MS_NS, .eval = 17, .eval_ns = 40 * US_NS};

    (void)state;
    run_until(&run, 105 * MS_NS, UINT64_MAX);
    uint64_t evals = glance_begin(&run.glance, run.ns, run.eval, run.ns + MS_NS, UINT64_MAX, 250);
    assert_in_range(evals, 20, 25);
    assert_int_equal(glance_begin(&run.glance, run.ns, run.eval, run.ns + MS_NS, UINT64_MAX, 250), evals);
    run.eval_ns = 4 * MS_NS;
    pass(&run, 1);
    assert_int_equal(glance_begin(&run.glance, run.ns, run.eval, run.ns + MS_NS, UINT64_MAX, 250), 1);
}

static void odd_clocks_do_no_harm(void **state)
{
    struct glance glance = {.until_ns = 0};

    (void)state;
    assert_int_equal(glance_begin(&glance, 100, 10, 1000, UINT64_MAX, 8), 8);
    assert_int_equal(glance_step(&glance, 100, 10), 8);  /* twice in one eval */
    assert_int_equal(glance_step(&glance, 100, 18), 32); /* it stands still: an eval takes 1 ns */
    assert_int_equal(glance_step(&glance, 50, 50), 128); /* it steps back */
    assert_int_equal(glance_step(&glance, 1000, 178), 0);
    assert_int_equal(glance_begin(&glance, 100, UINT64_MAX, UINT64_MAX, UINT64_MAX, UINT64_MAX), 1);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(every_look_is_a_whole_one_at_first),
        cmocka_unit_test(a_time_is_met),
        cmocka_unit_test(an_eval_is_met_exactly),
        cmocka_unit_test(a_pace_is_followed),
        cmocka_unit_test(a_near_time_is_met_at_once),
        cmocka_unit_test(what_is_due_already_may_wait),
        cmocka_unit_test(odd_clocks_do_no_harm),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
