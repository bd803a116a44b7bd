/* SPDX-License-Identifier: MIT */
/* A replay is told what its original was told: times, random numbers, ids, and what became of children. */
#define _GNU_SOURCE
#include "compare.h"
#include "expect.h"
#include "process.h"

#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <sys/wait.h>

#define VERDICT(verdict) "\"verdict\": \"" verdict "\""

static void run_to(const char *verdict, const char *const *steps, const char *const *environment,
                   const char *library, struct outcome *outcome)
{
    const struct program program = {
        .arguments = steps, .environment = environment, .preload = true, .library = library};

    run_program(&program, outcome);
    expect_exit(outcome, 3);
    expect_in_report(outcome, verdict);
}

static void run_steps(const char *const *steps, const char *const *environment, const char *library,
                      struct outcome *outcome)
{
    run_to(VERDICT("reproduced"), steps, environment, library, outcome);
}

/* The snapshot is the first eval's; all that is printed after it is answers. */
static void check_told(const char *const *steps, const char *library)
{
    struct outcome outcome;

    run_steps(steps, NULL, library, &outcome);
    assert_string_equal(outcome.replay_out, outcome.out);
    assert_true(run_lines(outcome.out) > 0);
    run_discard(&outcome);
}

/* The snapshot that replays is one of the middle: it goes on behind what it has asked already. */
static void check_told_late(const char *const *steps)
{
    struct outcome outcome;

    run_steps(steps, LIST("LIGHTSSS_WAVE=off", "LIGHTSSS_INTERVAL=2evals", "LIGHTSSS_SLOTS=2"), NULL,
              &outcome);
    size_t length = strlen(outcome.out), replayed = strlen(outcome.replay_out);
    assert_true(replayed > 0 && replayed < length);
    assert_string_equal(outcome.replay_out, outcome.out + length - replayed);
    run_discard(&outcome);
}

static void test_time(void **state)
{
    (void)state;
    check_told(LIST("eval:1", "clocks", "sleep:20", "eval:1", "clocks", "exit:3"), NULL);
    check_told(LIST("eval:1", "times", "sleep:1100", "eval:1", "times", "exit:3"), NULL);
    check_told_late(LIST("eval:1", "clocks", "eval:2", "times", "eval:2", "clocks", "times", "eval:2",
                         "clocks", "eval:2", "clocks", "times", "exit:3"));
}

/* Times are kept in chunks; a snapshot is taken in the middle of one. More than all chunks hold goes
 * elsewhere. */
static void test_many_times(void **state)
{
    (void)state;
    check_told_late(LIST("eval:1", "clock_many:10007", "eval:2", "clock_many:10007", "eval:2", "clock_many:7",
                         "eval:2", "clock_many:10007", "eval:2", "clock_many:10007", "exit:3"));
    check_told(LIST("eval:1", "clock_many:4500000", "clock_many:10", "exit:3"), NULL);
}

static void test_random(void **state)
{
    (void)state;
    check_told(LIST("eval:1", "random_numbers", "eval:1", "random_numbers", "random_numbers", "exit:3"),
               NULL);
    check_told_late(
        LIST("eval:1", "random_numbers", "eval:4", "random_numbers", "eval:2", "random_numbers", "exit:3"));
}

static void test_cxx(void **state)
{
    char libraries[2 * PATH_MAX];

    (void)state;
    snprintf(libraries, sizeof libraries, "%s:libstdc++.so.6", run_library());
    check_told(
        LIST("eval:1", "chrono", "random_device", "sleep:20", "eval:1", "random_device", "chrono", "exit:3"),
        libraries);
}

static void test_ids(void **state)
{
    (void)state;
    check_told(LIST("eval:1", "ids", "exit:3"), NULL);
    check_told(LIST("worker", "eval:1", "work:ids", "thread:ids", "join", "ids", "exit:3"), NULL);
    check_told(LIST("eval:1", "worker", "work:ids", "work:kill_thread", "exit:3"), NULL);
    check_told(LIST("worker", "eval:1", "raw", "work:raw", "exit:3"), NULL);
    check_told(LIST("eval:1", "kill_self", "exit:3"), NULL);
    check_told(LIST("worker", "eval:1", "work:kill_thread", "exit:3"), NULL);
    /* Threads that nothing is recorded of are not counted. */
    check_told(LIST("many_threads:1100", "eval:1", "thread:ids", "join", "exit:3"), NULL);
}

static void test_semaphore(void **state)
{
    (void)state;
    check_told(LIST("eval:1", "semaphore", "exit:3"), NULL);
}

static void test_children(void **state)
{
    (void)state;
    check_told(LIST("eval:1", "offspring", "eval:1", "offspring", "exit:3"), NULL);
    check_told(LIST("eval:1", "count_sigchld", "fork:exit:3", "wait", "say_sigchld", "system:true",
                    "say_sigchld", "exit:3"),
               NULL);
    check_told(LIST("eval:1", "system:exit 4", "system:kill -9 $$", "spawn:exit 5", "vfork:6", "exit:3"),
               NULL);
    /* Whom the original waits for was there before the snapshot. */
    check_told(LIST("fork:sleep:100", "eval:1", "wait", "nobody", "exit:3"), NULL);
    /* More than a pipe holds goes to a child that is not there. */
    check_told(LIST("eval:1", "popen:cat >/dev/null; exit 7", "pour:200000", "pclose", "exit:3"), NULL);
}

/* A replay starts nothing: what a child does is done once. */
static void test_no_child(void **state)
{
    struct outcome outcome;

    (void)state;
    run_steps(LIST("eval:1", "system:echo s >>log", "spawn:echo p >>log", "fork:touch:g", "wait", "exit:3"),
              NULL, NULL, &outcome);
    assert_string_equal(outcome.files, "g\nlog\n");
    run_discard(&outcome);
    run_steps(LIST("eval:1", "system:test ! -e again && touch again", "exit:3"), NULL, NULL, &outcome);
    assert_string_equal(outcome.replay_out, outcome.out);
    run_discard(&outcome);
}

/* More than there are streams of input: what else is recorded has room all the same. */
static void test_many_threads(void **state)
{
    struct outcome outcome;

    (void)state;
    run_steps(LIST("eval:1", "many_threads:6000", "eval:1", "clocks", "exit:3"), NULL, NULL, &outcome);
    run_discard(&outcome);
}

static void test_threads(void **state)
{
    (void)state;
    check_told(LIST("eval:1", "crowd", "eval:1", "crowd", "exit:3"), NULL);
    check_told(LIST("worker", "eval:1", "work:crowd", "work:clocks", "clocks", "exit:3"), NULL);
    check_told_late(LIST("eval:1", "crowd", "eval:4", "crowd", "eval:2", "crowd", "exit:3"));
}

static void test_all(void **state)
{
    (void)state;
    check_told(LIST("eval:1", "clocks", "random_numbers", "ids", "offspring", "times", "crowd", "kill_self",
                    "eval:1", "crowd", "offspring", "clocks", "random_numbers", "exit:3"),
               NULL);
}

/* --- waiting until a time --- */

static void test_waits(void **state)
{
    (void)state;
    check_told(LIST("eval:1", "timed_waits:30", "sleep:100", "eval:1", "timed_waits:30", "exit:3"), NULL);
    /* At the wake the kernel's clock is 300 ms ahead: a wait of 200 ms would be over at once. */
    check_told(LIST("eval:1", "real_wait:200", "sleep:300", "exit:3"), NULL);
}

/* --- the records run out --- */

/* The numbers of the lines that begin with a name: seconds. */
static double last_time(const char *text, const char *name)
{
    double seconds = -1;

    for (const char *line = text; line != NULL; line = strchr(line, '\n')) {
        line += *line == '\n';
        if (strncmp(line, name, strlen(name)) == 0)
            seconds = strtod(line + strlen(name), NULL);
    }
    return seconds;
}

static void test_records_run_out(void **state)
{
    static const char *const clocks[] = {"clock 0: 0 ", "clock 1: 0 ", "clock 7: 0 ", "gettimeofday ",
                                         "timespec_get 1 "};
    struct outcome outcome;

    (void)state;
    run_to(VERDICT("diverged"), /* it prints more */
           LIST("eval:1", "clocks", "times", "sleep:1500", "if_copy:clocks+times", "exit:3"), NULL, NULL,
           &outcome);
    for (size_t i = 0; i < sizeof clocks / sizeof *clocks; i++) {
        double told = last_time(outcome.out, clocks[i]), gone_on = last_time(outcome.replay_out, clocks[i]);
        /* Both slept 1.5 s since, and the kernel's clock is as much ahead. */
        if (gone_on < told + 1.4 || gone_on > told + 2.8)
            fail_msg("%sgoes on from %.3f at %.3f", clocks[i], told, gone_on);
    }
    run_discard(&outcome);
}

/* A thread beside the simulation ends it by a signal that the simulator handles: it is told in the replay. */
static void test_watchdog(void **state)
{
    const struct program program = {.arguments = LIST("pace:100", "watchdog:200", "eval:forever"),
                                    .preload = true};
    struct outcome outcome;

    (void)state;
    run_program(&program, &outcome);
    expect_exit(&outcome, 3);
    assert_non_null(outcome.report);
    if (strstr(outcome.report, VERDICT("reproduced")) == NULL)
        fail_msg("not reproduced:\n%s", outcome.report);
    run_discard(&outcome);
}

/* --- no harm --- */

static void test_same_as_without(void **state)
{
    static const char *const steps[][COMPARE_STEPS_MAX] = {
        {"kill_self", "eval:1", "kill_self", "timed_waits:5", "exit:3"},
        {"eval:1", "system:echo a", "popen_read:echo b; exit 3", "spawn:exit 2", "vfork:1", "exit:3"},
        {"count_sigchld", "eval:3", "fork:abort", "wait", "say_sigchld", "nobody", "exit:3"},
    };
    struct outcome outcome;

    (void)state;
    for (size_t i = 0; i < sizeof steps / sizeof *steps; i++) {
        const struct program program = {.arguments = steps[i]};
        compare_runs(&program, &outcome);
        run_discard(&outcome);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_time),
        cmocka_unit_test(test_many_times),
        cmocka_unit_test(test_random),
        cmocka_unit_test(test_cxx),
        cmocka_unit_test(test_ids),
        cmocka_unit_test(test_children),
        cmocka_unit_test(test_no_child),
        cmocka_unit_test(test_threads),
        cmocka_unit_test(test_many_threads),
        cmocka_unit_test(test_all),
        cmocka_unit_test(test_waits),
        cmocka_unit_test(test_records_run_out),
        cmocka_unit_test(test_watchdog),
        cmocka_unit_test(test_semaphore),
        cmocka_unit_test(test_same_as_without),
    };

    return cmocka_run_group_tests_name("world", tests, NULL, NULL);
}
