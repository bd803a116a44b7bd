/* SPDX-License-Identifier: MIT */
/* Which snapshot replays, what becomes of it, and what ends the waiting for it. */
#define _GNU_SOURCE
#include "compare.h"
#include "expect.h"
#include "process.h"

#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

#define FIRST_LINE "fake_simulator (pid "
#define WOKEN_LINE "the oldest checkpoint start to dump wave: snapshot "
#define WOKEN_3    "the oldest checkpoint start to dump wave: snapshot 3"
#define WOKEN_4    "the oldest checkpoint start to dump wave: snapshot 4"
#define WOKEN_5    "the oldest checkpoint start to dump wave: snapshot 5"
#define LAST_LINE  "no waveform: "

static void test_slots(void **state)
{
    struct running running;
    struct outcome outcome;

    (void)state;
    run_start_with_three(&running, LIST(TO_THREE, "exit:3"), EVERY_TEN);
    run_touch(&running, "go");
    run_wait(&running, &outcome);
    expect_exit(&outcome, 3);
    expect_in_report(&outcome, "\"number\": 3, \"eval\": 20, \"time\": 105");
    expect_reproduced(&outcome);
    expect_in_report(&outcome, "\"snapshots\": 5");
    run_discard(&outcome);
}

static void test_oldest_is_killed(void **state)
{
    pid_t snapshots[RUN_SNAPSHOTS_MAX];
    struct running running;
    struct outcome outcome;

    (void)state;
    run_start_with_three(&running, LIST(TO_THREE, "exit:3"), EVERY_TEN);
    run_snapshots(running.pid, snapshots);
    kill(snapshots[0], SIGKILL);
    run_await_snapshots(&running, 2);
    run_touch(&running, "go");
    run_wait(&running, &outcome);
    expect_exit(&outcome, 3);
    expect_in_report(&outcome, "\"number\": 4, \"eval\": 30, \"time\": 155");
    expect_reproduced(&outcome);
    expect_said(&outcome, LIST(FIRST_LINE, WOKEN_4, "replay reproduced", LAST_LINE));
    run_discard(&outcome);
}

static void test_middle_is_killed(void **state)
{
    pid_t snapshots[RUN_SNAPSHOTS_MAX];
    struct running running;
    struct outcome outcome;

    (void)state;
    run_start_with_three(&running, LIST(TO_THREE, "eval:20", "abort"), EVERY_TEN);
    run_snapshots(running.pid, snapshots);
    kill(snapshots[1], SIGKILL);
    run_await_snapshots(&running, 2);
    run_touch(&running, "go");
    run_wait(&running, &outcome);
    expect_signal(&outcome, SIGABRT);
    expect_reproduced(&outcome);
    run_discard(&outcome);
}

static void test_all_are_killed(void **state)
{
    pid_t snapshots[RUN_SNAPSHOTS_MAX];
    struct running running;
    struct outcome outcome;

    (void)state;
    run_start_with_three(&running, LIST(TO_THREE, "exit:3"), EVERY_TEN);
    for (int i = run_snapshots(running.pid, snapshots); i > 0; i--)
        kill(snapshots[i - 1], SIGKILL);
    run_await_snapshots(&running, 0);
    run_touch(&running, "go");
    run_wait(&running, &outcome);
    expect_exit(&outcome, 3);
    expect_said(
        &outcome,
        LIST(FIRST_LINE,
             "no snapshot is left (all were killed, ran out of memory or made room for its own processes)"));
    assert_null(outcome.run);
    run_discard(&outcome);
}

/* The first replay hangs and is killed; the next one does not hang. */
static void test_replay_is_killed(void **state)
{
    pid_t snapshots[RUN_SNAPSHOTS_MAX];
    struct running running;
    struct outcome outcome;

    (void)state;
    run_start_with_three(&running, LIST(TO_THREE, "if_copy:once:hangs:hang", "exit:3"), EVERY_TEN);
    run_touch(&running, "go");
    run_await_sign(&running, "hangs");
    run_snapshots(running.pid, snapshots);
    kill(snapshots[0], SIGKILL);
    run_wait(&running, &outcome);
    expect_exit(&outcome, 3);
    expect_in_report(&outcome, "\"number\": 4");
    expect_reproduced(&outcome);
    expect_said(&outcome,
                LIST(FIRST_LINE, WOKEN_3,
                     "the replay of snapshot 3 died (SIGKILL) before it was done; trying the next one",
                     WOKEN_4, "replay reproduced", LAST_LINE));
    run_discard(&outcome);
}

static void test_every_replay_dies(void **state)
{
    const struct program program = {.arguments = LIST("eval:45", "if_copy:block:SEGV+segv", "exit:3"),
                                    .environment = EVERY_TEN,
                                    .preload = true};
    struct outcome outcome;

    (void)state;
    run_program(&program, &outcome);
    expect_exit(&outcome, 3);
    expect_in_report(&outcome, "\"verdict\": \"incomplete\", \"why\": \"the replay died (SIGSEGV)\"");
    expect_said(&outcome, LIST(FIRST_LINE, WOKEN_3, "the replay of snapshot 3 died (SIGSEGV)", WOKEN_4,
                               "the replay of snapshot 4 died (SIGSEGV)", WOKEN_5,
                               "the replay of snapshot 5 died (SIGSEGV)", "replay incomplete", LAST_LINE));
    run_discard(&outcome);
}

/* Sends the signal to the original that waits for a replay that hangs; group: to all of its group, as a
 * terminal does. */
static void check_impatience(int signal, bool group)
{
    const struct program program = {
        .arguments = LIST("eval:3", "print:text", "if_copy:sign:hangs+hang", "exit:3"), .preload = true};
    struct running running;
    struct outcome outcome;

    run_start(&running, &program);
    run_await_sign(&running, "hangs");
    double start = run_clock();
    kill(group ? -running.pid : running.pid, signal);
    run_wait(&running, &outcome);
    expect_exit(&outcome, 3);
    assert_true(run_clock() - start < 2);
    assert_string_equal(outcome.out, "text");
    expect_in_report(&outcome, "\"verdict\": \"incomplete\"");
    expect_said(&outcome, LIST(FIRST_LINE, WOKEN_LINE, "replay incomplete", LAST_LINE));
    run_discard(&outcome);
}

static void test_impatience(void **state)
{
    (void)state;
    check_impatience(SIGINT, false);
    check_impatience(SIGTERM, false);
    check_impatience(SIGHUP, false);
    check_impatience(SIGQUIT, false);
}

static void test_impatience_of_group(void **state)
{
    (void)state;
    check_impatience(SIGINT, true);
    check_impatience(SIGTERM, true);
}

/* Somebody ends a simulator that runs: the replay stops at the same eval. */
static void check_sent(int signal, bool group)
{
    const struct program program = {.arguments = LIST("pace:100", "eval:20", "touch:ready", "eval:forever"),
                                    .environment = EVERY_TEN,
                                    .preload = true};
    struct running running;
    struct outcome outcome;

    run_start(&running, &program);
    run_await_file(&running, "ready");
    kill(group ? -running.pid : running.pid, signal);
    run_wait(&running, &outcome);
    expect_signal(&outcome, signal);
    expect_reproduced(&outcome);
    run_discard(&outcome);
}

static void test_sent_signals(void **state)
{
    static const int signals[] = {SIGINT, SIGTERM, SIGHUP, SIGQUIT, SIGABRT, SIGSEGV, SIGXCPU};

    (void)state;
    for (size_t i = 0; i < sizeof signals / sizeof *signals; i++)
        check_sent(signals[i], false);
}

/* A simulator that hangs inside an eval, until a time limit ends it: the replay hangs there as well. */
static void test_end_inside_hanging_eval(void **state)
{
    const struct program program = {.arguments = LIST("eval:3", "if_original:touch:ready", "in:hang"),
                                    .preload = true};
    struct running running;
    struct outcome outcome;

    (void)state;
    run_start(&running, &program);
    run_await_file(&running, "ready");
    usleep(100000);
    kill(running.pid, SIGTERM);
    run_wait(&running, &outcome);
    expect_signal(&outcome, SIGTERM);
    expect_reproduced(&outcome);
    run_discard(&outcome);
}

/* What Ctrl-C does. */
static void test_signals_sent_to_group(void **state)
{
    (void)state;
    check_sent(SIGINT, true);
    check_sent(SIGTERM, true);
    check_sent(SIGQUIT, true);
}

/* From its handler on, the replay has printed what the original did. */
static void expect_handled(const struct outcome *outcome)
{
    const char *handled = strstr(outcome->out, "handler of USR1");

    assert_non_null(handled);
    expect_reproduced(outcome);
    assert_string_equal(outcome->replay_out, handled);
}

/* Signals of the group that the original survives reach its replay as it was told them, and none later. Where
 * the file was made within a tick of the clock of the snapshot, the replay does not wait for it at all. */
static void check_survived(useconds_t waited_us)
{
    struct running running;
    struct outcome outcome;

    run_start_with_three(&running, LIST("signal:TERM:ignore", "signal:USR1", TO_THREE, "exit:3"), EVERY_TEN);
    usleep(waited_us);
    kill(-running.pid, SIGTERM);
    kill(-running.pid, SIGUSR1);
    run_touch(&running, "go");
    run_wait(&running, &outcome);
    expect_exit(&outcome, 3);
    expect_handled(&outcome);
    run_discard(&outcome);
}

static void test_group_signal_is_survived(void **state)
{
    (void)state;
    for (useconds_t waited_us = 0; waited_us <= 50000; waited_us += 10000)
        check_survived(waited_us);
}

static void check_divergence(const char *const *steps, const char *why)
{
    const struct program program = {.arguments = steps, .preload = true};
    struct outcome outcome;
    char part[256];

    run_program(&program, &outcome);
    expect_exit(&outcome, 3);
    snprintf(part, sizeof part, "\"verdict\": \"diverged\", \"why\": \"%s\"", why);
    expect_in_report(&outcome, part);
    expect_said(&outcome, LIST(FIRST_LINE, WOKEN_LINE, "replay diverged: ", LAST_LINE));
    run_discard(&outcome);
}

static void test_divergence(void **state)
{
    (void)state;
    check_divergence(
        LIST("eval:3", "if_copy:exit:5", "exit:3"),
        "the replay ended with exit status 5 at eval 3, the original with exit status 3 at eval 3");
    check_divergence(
        LIST("eval:3", "if_copy:exit:0", "exit:3"),
        "the replay ended with exit status 0 at eval 3, the original with exit status 3 at eval 3");
    check_divergence(LIST("eval:3", "if_copy:segv", "exit:3"),
                     "the replay ended with SIGSEGV at eval 3, the original with exit status 3 at eval 3");
    check_divergence(
        LIST("eval:3", "if_copy:exit:3", "eval:2", "exit:3"),
        "the replay ended with exit status 3 at eval 3, the original with exit status 3 at eval 5");
    check_divergence(LIST("eval:3", "if_original:exit:3", "eval:100"),
                     "the replay ran past eval 3, where the original ended with exit status 3");
}

/* LIGHTSSS_ON. */
static void check_failures(const char *on, const char *end, const char *kind)
{
    const struct program program = {
        .arguments = LIST("eval:3", end), .environment = LIST("LIGHTSSS_WAVE=off", on), .preload = true};
    struct outcome outcome;
    char part[64];

    run_program(&program, &outcome);
    assert_int_equal(outcome.left, 0);
    snprintf(part, sizeof part, "\"kind\": \"%s\"", kind == NULL ? "" : kind);
    if (kind != NULL)
        expect_in_report(&outcome, part);
    else if (outcome.run != NULL || *outcome.said != '\0')
        fail_msg("%s %s is no failure, but there are a run directory or lines:\n%s", on, end, outcome.said);
    run_discard(&outcome);
}

static void test_failures(void **state)
{
    (void)state;
    check_failures("LIGHTSSS_ON=abort", "exit:3", NULL);
    check_failures("LIGHTSSS_ON=abort", "raise:TERM", NULL);
    check_failures("LIGHTSSS_ON=abort", "abort", "abort");
    check_failures("LIGHTSSS_ON=exit,signal", "abort", NULL);
    check_failures("LIGHTSSS_ON=exit,signal", "raise:TERM", "signal");
    check_failures("LIGHTSSS_ON=finish", "exit:0", "finish");
    check_failures("LIGHTSSS_ON=finish", "_exit:0", "finish");
    check_failures("LIGHTSSS_ON=finish", "exit:1", NULL);
    check_failures("LIGHTSSS_ON=all", "exit:0", "finish");
    check_failures("LIGHTSSS_ON=-exit:3", "exit:3", NULL);
    check_failures("LIGHTSSS_ON=-exit:3,-exit:255", "_exit:255", NULL);
    check_failures("LIGHTSSS_ON=-exit:3", "exit:4", "exit");
    check_failures("LIGHTSSS_ON=all,-exit:0", "exit:0", NULL);
    check_failures("LIGHTSSS_ON=-SIGTERM,finish,signal", "raise:TERM", NULL);
    check_failures("LIGHTSSS_ON=-SIGINT,-15", "raise:TERM", NULL);
    check_failures("LIGHTSSS_ON=-SIGINT,-SIGRTMIN+1", "raise:TERM", "signal");
    check_failures("LIGHTSSS_ON=-SIGABRT", "abort", NULL);
    check_failures("LIGHTSSS_ON=-signal", "abort", "abort");
}

/* LIGHTSSS_MATCH: the end is a failure because of a line, whatever the exit status; the rest is as without
 * it. */
static void check_match(const char *const *steps, const char *line)
{
    const struct program program = {.arguments = steps,
                                    .environment = LIST("LIGHTSSS_WAVE=off", "LIGHTSSS_MATCH=FAIL(ED|URE)$")};
    struct outcome outcome;
    char part[128];

    compare_runs(&program, &outcome);
    if (line == NULL && (outcome.run != NULL || *outcome.said != '\0'))
        fail_msg("%s is no failure, but there are a run directory or lines:\n%s", steps[1], outcome.said);
    if (line != NULL) {
        snprintf(part, sizeof part, "\"match\": \"%s\"", line);
        expect_in_report(&outcome, part);
        expect_reproduced(&outcome);
    }
    run_discard(&outcome);
}

static void test_match(void **state)
{
    (void)state;
    check_match(LIST("eval:3", "print:TEST ", "flush", "eval:2", "print:FAILED", "eval:1"), "TEST FAILED");
    check_match(LIST("eval:3", "say:FAILURE", "eval:2"), "FAILURE");
    check_match(LIST("eval:3", "error:a FAILURE", "print:b", "exit:0"), "a FAILURE");
    check_match(LIST("eval:3", "error:FAILED", "_exit:0"), "FAILED");
    check_match(LIST("eval:3", "error:FAILED", "exit_group:0"), "FAILED");
    check_match(LIST("eval:3", "action:TERM:plain:_exit:0", "error:FAILED", "raise:TERM"), "FAILED");
    check_match(LIST("eval:3", "thread:error:FAILED", "join", "exit:0"), "FAILED");
    check_match(LIST("eval:3", "print:FAILED but well", "error:passed", "exit:0"), NULL);
    check_match(LIST("eval:3", "fork:error:FAILED", "wait", "exit:0"), NULL);
}

/* A thread ends the process while the one that evals takes snapshots without a pause. */
static void test_end_meets_snapshot(void **state)
{
    static const char *const ends[] = {"thread:sleep:20+exit:3", "thread:sleep:20+_exit:3"};
    int count = full_test() ? 100 : 5;

    (void)state;
    for (int i = 0; i < count; i++) {
        const struct program program = {.arguments = LIST("eval:1", ends[i % 2], "eval:forever"),
                                        .environment = LIST("LIGHTSSS_WAVE=off", "LIGHTSSS_INTERVAL=1evals"),
                                        .preload = true};
        struct outcome outcome;
        run_program(&program, &outcome);
        expect_exit(&outcome, 3);
        assert_non_null(outcome.report);
        run_discard(&outcome);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_slots),
        cmocka_unit_test(test_oldest_is_killed),
        cmocka_unit_test(test_middle_is_killed),
        cmocka_unit_test(test_all_are_killed),
        cmocka_unit_test(test_replay_is_killed),
        cmocka_unit_test(test_every_replay_dies),
        cmocka_unit_test(test_impatience),
        cmocka_unit_test(test_impatience_of_group),
        cmocka_unit_test(test_sent_signals),
        cmocka_unit_test(test_end_inside_hanging_eval),
        cmocka_unit_test(test_signals_sent_to_group),
        cmocka_unit_test(test_group_signal_is_survived),
        cmocka_unit_test(test_divergence),
        cmocka_unit_test(test_failures),
        cmocka_unit_test(test_match),
        cmocka_unit_test(test_end_meets_snapshot),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
