/* SPDX-License-Identifier: MIT */
/* LIGHTSSS_MEMORY: what parked snapshots hold is limited, and a simulator that just fits into its control
 * group without the library does so with it. What cannot be tried here (no root, no control groups) is
 * skipped. */
#define _GNU_SOURCE
#include "compare.h"
#include "control_group.h"
#include "expect.h"
#include "process.h"

#include <errno.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#define MIB         (1L << 20)
#define TO_READY    "touch:ready", "await:go"
#define HARDLY_MORE (4 * MIB) /* what the library itself needs, and what the kernel charges ahead */

/* --- control groups --- */

static struct control_group group; /* of the test that runs */

/* After each test, however it went. */
static int group_remove(void **state)
{
    (void)state;
    control_group_remove(&group);
    return 0;
}

static void group_make(void)
{
    control_group_make(&group, CONTROL_GROUP_MEMORY);
}

static void group_limit(long bytes)
{
    assert_true(
        control_group_write(&group, group.is_first_release ? "memory.limit_in_bytes" : "memory.max", bytes));
}

static long group_peak(void)
{
    return control_group_read(&group, group.is_first_release ? "memory.max_usage_in_bytes" : "memory.peak",
                              "");
}

/* How many the kernel has killed there. */
static long group_killed(void)
{
    return control_group_read(&group, group.is_first_release ? "memory.oom_control" : "memory.events",
                              "oom_kill ");
}

/* --- the limit --- */

static long kilobytes(pid_t pid, const char *key)
{
    struct control_group process = {.is_first_release = true};

    snprintf(process.directory, sizeof process.directory, "/proc/%d", pid);
    return control_group_read(&process, "smaps_rollup", key);
}

/* Measured by the test itself, once the program stands still. */
static long held_mib(const struct running *running, int *count)
{
    pid_t snapshots[RUN_SNAPSHOTS_MAX];
    long kib = kilobytes(running->pid, "Pss_Anon:") - kilobytes(running->pid, "Anonymous:");

    *count = run_snapshots(running->pid, snapshots);
    for (int i = 0; i < *count; i++)
        kib += kilobytes(snapshots[i], "Pss_Anon:");
    return kib / 1024;
}

/* Each snapshot holds the ten megabytes that were written over until the next. */
static void count_held(const char *option, long least_mib, long most_mib, int least_count, int most_count)
{
    const struct program program = {
        .arguments = LIST("grow:40", "churn:2", TO_READY),
        .environment = LIST(option, "LIGHTSSS_INTERVAL=10evals", "LIGHTSSS_SLOTS=4", "LIGHTSSS_WAVE=off"),
        .preload = true,
    };
    struct running running;
    struct outcome outcome;
    int count;

    run_start(&running, &program);
    run_await_file(&running, "ready");
    long mib;
    unsigned tries = 0;
    do { /* for the last one that was given up, or has lost its place, to be gone */
        usleep(10000);
        mib = held_mib(&running, &count);
    } while (count > most_count && ++tries < 500);
    run_touch(&running, "go");
    run_wait(&running, &outcome);
    expect_exit(&outcome, 0);
    if (mib < least_mib || mib > most_mib || count < least_count || count > most_count)
        fail_msg("%d snapshots hold %ld MB with %s", count, mib, option);
    run_discard(&outcome);
}

static void test_oldest_go(void **state)
{
    (void)state;
    if (kilobytes(getpid(), "Pss_Anon:") < 0)
        skip(); /* before Linux 5.3 the test cannot measure */
    count_held("LIGHTSSS_MEMORY=100%", 30, 42, 4, 4);
    count_held("LIGHTSSS_MEMORY=25M", 5, 25, 1, 3);
    count_held("LIGHTSSS_MEMORY=15M", 0, 15, 1, 2);
}

static unsigned long number_behind(const char **text, const char *key)
{
    const char *found = strstr(*text, key);

    if (found == NULL) {
        fail_msg("no more %s in the report", key);
        return 0;
    }
    *text = found + strlen(key);
    return strtoul(*text, NULL, 10);
}

/* The report has it for each of them. */
static void test_reported(void **state)
{
    const struct program program = {
        .arguments = LIST("grow:40", "churn:2", "return:5"),
        .environment = LIST("LIGHTSSS_MEMORY=100%", "LIGHTSSS_INTERVAL=10evals", "LIGHTSSS_SLOTS=4"),
        .preload = true,
    };
    struct outcome outcome;
    unsigned long mib[4], all = 0, last = 0;

    (void)state;
    if (kilobytes(getpid(), "Pss_Anon:") < 0)
        skip();
    run_program(&program, &outcome);
    expect_exit(&outcome, 5);
    expect_in_report(&outcome, "\"snapshots\": [ { \"number\": ");
    const char *place = strstr(outcome.report, "\"snapshots\": [");
    for (int i = 0; i < 4; i++) {
        unsigned long number = number_behind(&place, "\"number\": ");
        assert_true(i == 0 || number == last + 1);
        assert_int_equal(number_behind(&place, "\"eval\": "), 10 * (number - 1));
        last = number;
        mib[i] = number_behind(&place, "\"memory_bytes\": ") / (unsigned long)MIB;
        all += mib[i];
    }
    assert_null(strstr(place, "\"memory_bytes\""));
    if (all < 30 || all > 44 || mib[0] < mib[3])
        fail_msg("the report has %lu, %lu, %lu and %lu MB", mib[0], mib[1], mib[2], mib[3]);
    run_discard(&outcome);
}

/* What the original gives back, its snapshots still hold; no fault tells of it. */
static void test_given_back(void **state)
{
    const struct program program = {
        .arguments = LIST("grow:60", "eval:1", "give_back", "sleep:1200", "eval:1000000", "return:5"),
        .environment = LIST("LIGHTSSS_MEMORY=30M", "LIGHTSSS_INTERVAL=1h", "LIGHTSSS_WAVE=off",
                            "LIGHTSSS_LOG=debug", "LIGHTSSS_ON=exit"),
        .preload = true,
    };
    struct outcome outcome;

    (void)state;
    run_program(&program, &outcome);
    expect_exit(&outcome, 5);
    if (strstr(outcome.said, "snapshot 1 is given up: snapshots hold more than LIGHTSSS_MEMORY (6") == NULL)
        fail_msg("said:\n%s", outcome.said);
    /* It is replaced at once. */
    assert_non_null(strstr(outcome.said, "the oldest checkpoint start to dump wave: snapshot 2"));
    assert_non_null(outcome.report);
    expect_in_report(&outcome, "\"memory_mib_max\": 6");
    run_discard(&outcome);
}

/* Not even a fresh one would fit: said once, and again at the failure. */
static void test_no_room(void **state)
{
    const struct program program = {
        .arguments = LIST("grow:60", "eval:100", "sleep:1100", "eval:100000", "exit:3"),
        .environment = LIST("LIGHTSSS_MEMORY=100K", "LIGHTSSS_WAVE=off"),
        .preload = true,
    };
    struct outcome outcome;

    (void)state;
    run_program(&program, &outcome);
    expect_exit(&outcome, 3);
    expect_said(&outcome, LIST("no snapshot for now: a snapshot would hold more than LIGHTSSS_MEMORY (",
                               "fake_simulator (pid ",
                               "there is no snapshot (a snapshot would hold more than LIGHTSSS_MEMORY ("));
    run_discard(&outcome);
}

/* --- control groups that are just large enough --- */

/* It becomes large, and then writes over all that it has. */
#define TIGHT "eval:1", "grow_slowly:100", "churn:3"

static long tight_limit(void)
{
    const struct program program = {.arguments = LIST(TIGHT), .group = group.procs};
    struct outcome outcome;

    run_program(&program, &outcome);
    expect_exit(&outcome, 0);
    run_discard(&outcome);
    long peak = group_peak();
    if (peak <= 0) {
        print_message("this kernel does not tell the most that a control group has used\n");
        skip();
    }
    return peak + HARDLY_MORE;
}

static void run_tight(const char *interval)
{
    const struct program program = {
        .arguments = LIST(TIGHT),
        .environment = LIST(interval, "LIGHTSSS_WAVE=off"),
        .preload = true,
        .group = group.procs,
    };
    struct outcome outcome;

    run_program(&program, &outcome);
    expect_exit(&outcome, 0);
    if (group_killed() > 0)
        fail_msg("the kernel had to kill; said:\n%s", outcome.said);
    run_discard(&outcome);
}

static void test_tight(void **state)
{
    static const char *const intervals[] = {"LIGHTSSS_INTERVAL=auto", "LIGHTSSS_INTERVAL=20evals",
                                            "LIGHTSSS_INTERVAL=20ms"};
    const int times = full_test() ? 30 : 1;

    (void)state;
    group_make();
    long limit = tight_limit();
    group_limit(limit);
    for (int i = 0; i < 3 * times; i++)
        run_tight(intervals[i % 3]);
    group_remove(NULL);
}

/* Where nobody is killed but all wait for memory, or where all are killed together. */
static void test_tight_and_merciless(void **state)
{
    (void)state;
    group_make();
    long limit = tight_limit();
    group_limit(limit);
    if (!control_group_write(&group, group.is_first_release ? "memory.oom_control" : "memory.oom.group", 1)) {
        print_message("this kernel has no memory.oom.group\n");
        skip();
    }
    run_tight("LIGHTSSS_INTERVAL=auto");
    run_tight("LIGHTSSS_INTERVAL=20evals");
    group_remove(NULL);
}

/* --- too large --- */

/* The kernel kills it, with the library as without. Of one that grows at once the snapshot is small, survives
 * and replays; where that happens inside an eval the replay does the same, and is killed too. */
static void test_too_large(void **state)
{
    static const char *const steps[] = {"grow_slowly:200", "in:grow:200", "grow:200"};

    (void)state;
    group_make();
    group_limit(100 * MIB);
    for (size_t i = 0; i < 6; i++) {
        const char *arguments[] = {"eval:5", steps[i / 2], "eval:1", NULL};
        const struct program program = {.arguments = arguments, .preload = i % 2 == 1, .group = group.procs};
        struct outcome outcome;

        run_program(&program, &outcome);
        expect_signal(&outcome, SIGKILL);
        if (i == 5 && (outcome.report == NULL || strstr(outcome.report, "\"kind\": \"kill\"") == NULL ||
                       strstr(outcome.report, "\"verdict\": \"reproduced\"") == NULL))
            fail_msg("said:\n%s", outcome.said);
        run_discard(&outcome);
    }
    group_remove(NULL);
}

/* It fits, and fails. The replay beside it does not fit. */
static void fail_beside_replay(const char *why)
{
    const struct program program = {
        .arguments = LIST("pace:2000", "eval:1", "grow_slowly:65", "exit:3"),
        .preload = true,
        .group = group.procs,
    };
    struct outcome outcome;

    run_program(&program, &outcome);
    expect_exit(&outcome, 3);
    if (outcome.report == NULL || strstr(outcome.report, why) == NULL)
        fail_msg("said:\n%s", outcome.said);
    run_discard(&outcome);
}

static void test_replay_too_large(void **state)
{
    (void)state;
    group_make();
    group_limit(100 * MIB);
    fail_beside_replay("the replay died (SIGKILL)");
    if (control_group_write(&group, group.is_first_release ? "memory.oom_control" : "memory.oom.group", 1))
        fail_beside_replay("the control group is nearly full");
}

/* --- a machine that promises no more than it has --- */

/* Sixty megabytes, two snapshots that count as much, and then as much as there is without them. */
#define STRICT_MIB "260"
#define STRICT_ASK "150"

/* Skips the test where there can be no such machine. */
static void run_strict(const char *limit_mib, const char *const *steps, bool preload, struct outcome *outcome)
{
    const char *arguments[16] = {limit_mib, run_test_program("fake_simulator")};
    char simulator[PATH_MAX];
    size_t count = 2;

    snprintf(simulator, sizeof simulator, "%s", arguments[1]);
    arguments[1] = simulator;
    for (; *steps != NULL; steps++)
        arguments[count++] = *steps;
    run_program(&(struct program){.path = run_test_program("strict"),
                                  .arguments = arguments,
                                  .environment = LIST("LIGHTSSS_WAVE=off", "LIGHTSSS_INTERVAL=5evals",
                                                      "LIGHTSSS_LOG=debug"),
                                  .preload = preload},
                outcome);
    if (outcome->status == 77 << 8) {
        print_message("skipped: %s", outcome->err);
        run_discard(outcome);
        skip();
    }
}

/* The simulator is given what it is given without the library. Something is said, unless NULL. */
static void check_strict(const char *limit_mib, const char *const *steps, const char *said)
{
    struct outcome without, with;

    run_strict(limit_mib, steps, false, &without);
    run_strict(limit_mib, steps, true, &with);
    compare_same(&without, &with);
    if (said != NULL && strstr(with.said, said) == NULL)
        fail_msg("\"%s\" is not said:\n%s", said, with.said);
    run_discard(&without);
    run_discard(&with);
}

static void test_promised(void **state)
{
    static const char *const ways[] = {"malloc", "break",  "map",     "shared",
                                       "move",   "rights", "segment", "thread"};

    (void)state;
    for (size_t i = 0; i < sizeof ways / sizeof *ways; i++) {
        char ask[64], again[64];

        snprintf(ask, sizeof ask, "ask:%s:" STRICT_ASK, ways[i]);
        snprintf(again, sizeof again, "ask:%s:1000", ways[i]); /* this, nothing can help */
        check_strict(STRICT_MIB, LIST("ask:malloc:60", "eval:12", ask, "eval:3", again, "eval:3", "exit:0"),
                     "is given up: the simulator was refused memory");
    }
}

/* What is refused for other reasons costs no snapshot. */
static void test_not_to_blame(void **state)
{
    struct outcome outcome;

    (void)state;
    run_strict(STRICT_MIB, LIST("ask:malloc:60", "eval:12", "ask:map:5000", "ask:map:0", "exit:3"), true,
               &outcome);
    if (outcome.status != 3 << 8 || strstr(outcome.said, "given up") != NULL ||
        strstr(outcome.said, "replay reproduced") == NULL)
        fail_msg("wait status %#x; said:\n%s", (unsigned)outcome.status, outcome.said);
    run_discard(&outcome);
}

/* Room for none, and for one. */
static void test_promised_to_snapshots(void **state)
{
    (void)state;
    check_strict("100", LIST("ask:malloc:60", "eval:12", "ask:malloc:20", "exit:0"),
                 "no snapshot for now: vm.overcommit_memory=2 leaves ");
    check_strict("100", LIST("ask:malloc:60", "eval:12", "exit:3"),
                 "there is no snapshot (vm.overcommit_memory=2 leaves ");
    check_strict("170", LIST("ask:malloc:60", "eval:52", "exit:3"),
                 "the oldest checkpoint start to dump wave: snapshot 11,");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_oldest_go),
        cmocka_unit_test(test_reported),
        cmocka_unit_test(test_given_back),
        cmocka_unit_test(test_no_room),
        cmocka_unit_test(test_promised),
        cmocka_unit_test(test_not_to_blame),
        cmocka_unit_test(test_promised_to_snapshots),
        cmocka_unit_test_teardown(test_tight, group_remove),
        cmocka_unit_test_teardown(test_tight_and_merciless, group_remove),
        cmocka_unit_test_teardown(test_too_large, group_remove),
        cmocka_unit_test_teardown(test_replay_too_large, group_remove),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
