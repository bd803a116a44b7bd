/* SPDX-License-Identifier: MIT */
/* Between two snapshots the library makes no system call on the thread that evals: the kernel ends the
 * program at the first. */
#define _GNU_SOURCE
#include "process.h"
#include "run_program.h"

#include <signal.h>
#include <sys/wait.h>

#define EVALS "silence:20000000" /* some tenths of a second, and so dozens of glances at the clock */

/* By then it is known what the program spends in the kernel by itself. */
#define KNOWN "sleep:600", "eval:10"

/* The simulator's own, those of libc and the stack included. */
#define FAULTS_MOST 20

static void check(const char *interval, const char *evals)
{
    struct outcome outcome;
    const struct program program = {
        .arguments = LIST("eval:1", KNOWN, evals),
        .environment = LIST(interval),
        .preload = true,
    };

    run_program(&program, &outcome);
    if (outcome.status != 0)
        fail_msg("with %s: wait status %#x, %s", interval, (unsigned)outcome.status, outcome.said);
    assert_int_equal(outcome.left, 0);
    run_discard(&outcome);
}

static void test_by_time(void **state)
{
    (void)state;
    check("LIGHTSSS_INTERVAL=1h", EVALS);
}

static void test_by_evals(void **state)
{
    (void)state;
    check("LIGHTSSS_INTERVAL=1000000000evals", EVALS);
}

/* That the kernel would have done so. */
static void test_a_snapshot_is_seen(void **state)
{
    struct outcome outcome;
    const struct program program = {
        .arguments = LIST("eval:1", "silence:100"),
        .environment = LIST("LIGHTSSS_INTERVAL=50evals", "LIGHTSSS_ON=-kill,-signal"),
        .preload = true,
    };

    (void)state;
    run_program(&program, &outcome);
    assert_true(WIFSIGNALED(outcome.status));
    assert_int_equal(WTERMSIG(outcome.status), SIGSYS);
    run_discard(&outcome);
}

/* What the library writes at a snapshot lies in few pages: each is copied anew after each. */
static void test_few_pages_are_written(void **state)
{
    struct outcome outcome;
    const struct program program = {
        .arguments = LIST("faults:50"),
        .environment = LIST("LIGHTSSS_INTERVAL=1evals"),
        .preload = true,
    };

    (void)state;
    run_program(&program, &outcome);
    assert_int_equal(outcome.status, 0);
    print_message("%s", outcome.out);
    assert_in_range(strtol(outcome.out, NULL, 10), 1, FAULTS_MOST);
    run_discard(&outcome);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_by_time),
        cmocka_unit_test(test_by_evals),
        cmocka_unit_test(test_a_snapshot_is_seen),
        cmocka_unit_test(test_few_pages_are_written),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
