/* SPDX-License-Identifier: MIT */
/* No system call of the simulator's ends otherwise because snapshots were taken while it was blocked: each
 * call of the library's table, in each way of making it, says what it says without the library, and after the
 * same time. */
#include "process.h"
#include "run_program.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define SNAPSHOTS 50

static long snapshots_of(const struct outcome *outcome)
{
    const char *found = outcome->report == NULL ? NULL : strstr(outcome->report, "\"snapshots\": ");

    return found == NULL ? 0 : strtol(found + strlen("\"snapshots\": "), NULL, 10);
}

/* The report tells how many snapshots there were; so the run ends with a failure, of which nothing is
 * replayed. */
static struct program program_of(const char *const *steps, bool preload)
{
    static const char *const often[] = {"LIGHTSSS_WAVE=off", "LIGHTSSS_INTERVAL=8ms", "LIGHTSSS_BUDGET=100%",
                                        NULL};

    return (struct program){.arguments = steps, .environment = often, .preload = preload};
}

static void expect_end(const struct outcome *outcome)
{
    if (outcome->timed_out || outcome->status != 3 << 8 || outcome->left != 0)
        fail_msg("wait status %#x%s, %d are left; stderr:\n%s%s", (unsigned)outcome->status,
                 outcome->timed_out ? " (timed out)" : "", outcome->left, outcome->err, outcome->said);
}

/* Returns how many snapshots there were: fewer on a busy machine. */
static long run_both(const char *const *steps)
{
    const struct program with = program_of(steps, true), without = program_of(steps, false);
    struct running plain;
    struct outcome expected, found;

    run_start(&plain, &without);
    run_program(&with, &found);
    run_wait(&plain, &expected);
    expect_end(&expected);
    expect_end(&found);
    if (strcmp(expected.out, found.out) != 0)
        fail_msg("with the library:\n%s%swithout:\n%s%s", found.out, found.err, expected.out, expected.err);
    long snapshots = snapshots_of(&found);
    assert_in_range(snapshots, 1, 10000);
    run_discard(&expected);
    run_discard(&found);
    return snapshots;
}

static void expect_same(const char *step)
{
    long snapshots = 0;

    while (snapshots < SNAPSHOTS)
        snapshots += run_both(LIST(step, "exit:3"));
}

static void test_by_libc(void **state)
{
    (void)state;
    expect_same("blocked_calls:libc");
}

static void test_by_syscall(void **state)
{
    (void)state;
    expect_same("blocked_calls:syscall");
}

static void test_by_instruction(void **state)
{
    (void)state;
    expect_same("blocked_calls:inlined");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_by_libc),
        cmocka_unit_test(test_by_syscall),
        cmocka_unit_test(test_by_instruction),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
