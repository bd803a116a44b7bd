/* SPDX-License-Identifier: MIT */
/* LIGHTSSS_HUGE: where memory gets huge pages, and where it does not. What it holds stays the same, and none
 * is filled up. Skipped where the kernel gives none. */
#define _GNU_SOURCE
#include "compare.h"
#include "expect.h"
#include "process.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/utsname.h>

static long huge_mib(const struct outcome *outcome)
{
    return strtol(outcome->out, NULL, 10);
}

static void run_pages(const char *const *arguments, const char *option, bool preload, struct outcome *outcome)
{
    const struct program program = {
        .arguments = LIST(arguments[0], arguments[1], arguments[2], "huge_left", "exit:0"),
        .environment = LIST("LIGHTSSS_MEMORY=100%", "LIGHTSSS_WAVE=off", "LIGHTSSS_INTERVAL=1h", option),
        .preload = preload,
    };

    run_program(&program, outcome);
    expect_exit(outcome, 0);
}

static void run_huge(const char *scatter, bool preload, struct outcome *outcome)
{
    run_pages(LIST("huge:64", "eval:1", scatter), NULL, preload, outcome);
}

/* Is there a kernel that gives them, and tells where they are? Else skips the test. */
static void need_huge_pages(const struct outcome *without)
{
    struct utsname name;
    int major = 0, minor = 0;

    uname(&name);
    if (sscanf(name.release, "%d.%d", &major, &minor) != 2 || /* NOLINT(cert-err34-c) */
        major * 100 + minor < 607 || huge_mib(without) < 64) {
        print_message("no huge pages here (%ld MB of 64), or Linux is older than 6.7 (%s)\n",
                      huge_mib(without), name.release);
        skip();
    }
}

/* The first write to each after a snapshot splits it. Where many follow it is put together again, and not
 * where few do: the snapshot would hold all of it. */
static void test_huge_pages_stay(void **state)
{
    struct outcome without, with;

    (void)state;
    run_huge("scatter:400:1000000", false, &without);
    need_huge_pages(&without);
    run_huge("scatter:400:1000000", true, &with);
    assert_string_equal(strstr(with.out, "sum "), strstr(without.out, "sum "));
    if (huge_mib(&with) < 60)
        fail_msg("only %ld MB are left in huge pages", huge_mib(&with));
    run_discard(&without);
    run_discard(&with);
    run_huge("scatter:4:500000", true, &with);
    assert_in_range(huge_mib(&with), 0, 4);
    run_discard(&with);
}

/* Small pages that are there, and that the simulator writes to in many places after a snapshot. */
static void run_small(const char *before, const char *option, long least_mib, long most_mib)
{
    struct outcome without, with;

    run_pages(LIST("small:64", before, "scatter:400:500000"), option, false, &without);
    run_pages(LIST("small:64", before, "scatter:400:500000"), option, true, &with);
    assert_string_equal(strstr(with.out, "sum "), strstr(without.out, "sum "));
    assert_in_range(huge_mib(&with), least_mib, most_mib);
    run_discard(&without);
    run_discard(&with);
}

static void test_small_pages_become_huge(void **state)
{
    struct outcome without;

    (void)state;
    run_huge("eval:1", false, &without);
    need_huge_pages(&without);
    run_discard(&without);
    run_small("eval:1", NULL, 60, 64);
    run_small("eval:1", "LIGHTSSS_HUGE=0", 0, 0);
    run_small("holes", NULL, 0, 0);
    run_small("no_huge", NULL, 0, 0);
}

/* The next snapshot comes before as much is copied as huge pages would cost. */
static void test_short_turns(void **state)
{
    struct outcome with;

    (void)state;
    run_huge("eval:1", false, &with);
    need_huge_pages(&with);
    run_discard(&with);
    run_pages(LIST("small:64", "eval:1", "scatter:400:3000"), "LIGHTSSS_INTERVAL=100evals", true, &with);
    assert_int_equal(huge_mib(&with), 0);
    run_discard(&with);
}

static long resident_mib(const struct outcome *outcome)
{
    return strtol(strstr(outcome->out, "pages, ") + strlen("pages, "), NULL, 10);
}

/* A run that is old enough is given huge pages where memory is dense, and only there; within the budget,
 * which has room for all of it here. */
static void run_old(const char *arguments[3], const char *huge, struct outcome *outcome)
{
    const struct program program = {
        .arguments = LIST(arguments[0], arguments[1], arguments[2], "huge_left", "exit:0"),
        .environment = LIST("LIGHTSSS_MEMORY=100%", "LIGHTSSS_INTERVAL=1h", "LIGHTSSS_BUDGET=100%", huge),
        .preload = true,
    };

    run_program(&program, outcome);
    expect_exit(outcome, 0);
}

static void test_old_run(void **state)
{
    static const char *waits[] = {"sparse:8", "small:256", "until_huge:250:60"};
    static const char *in_vain[] = {"sparse:8", "small:256", "until_huge:250:6"};
    static const char *holes[] = {"small:256", "holes", "until_huge:250:6"};
    struct outcome with, without;

    (void)state;
    run_huge("eval:1", false, &without);
    need_huge_pages(&without);
    run_discard(&without);
    run_old(waits, "LIGHTSSS_HUGE=1", &with);
    assert_in_range(huge_mib(&with), 250, 256);
    run_old(in_vain, "LIGHTSSS_HUGE=0", &without);
    assert_int_equal(huge_mib(&without), 0);
    assert_string_equal(strstr(with.out, "sum "), strstr(without.out, "sum "));
    assert_in_range(resident_mib(&with), 0, resident_mib(&without) * 105 / 100);
    run_discard(&with);
    run_discard(&without);
    run_old(holes, "LIGHTSSS_HUGE=1", &with);
    assert_int_equal(huge_mib(&with), 0);
    run_discard(&with);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_huge_pages_stay),
        cmocka_unit_test(test_small_pages_become_huge),
        cmocka_unit_test(test_short_turns),
        cmocka_unit_test(test_old_run),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
