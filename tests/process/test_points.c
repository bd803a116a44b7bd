/* SPDX-License-Identifier: MIT */
/* A waveform up to a point of the run while the simulator goes on: LIGHTSSS_AT, LIGHTSSS_TRIGGER and
 * LIGHTSSS_AFTER, which snapshot replays, in which order, and what becomes of points when the run ends. Five
 * time units an eval. */
#define _GNU_SOURCE
#include "expect.h"
#include "process.h"
#include "run_program.h"

#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

#define WOKEN_LINE  "the oldest checkpoint start to dump wave: snapshot "
#define POINT_LINE  "fake_simulator (pid "
#define POINT       POINT_LINE, WOKEN_LINE, "replay reproduced", "no waveform: LIGHTSSS_WAVE=off"
#define REPORT_SIZE 8192
#define TEN         "LIGHTSSS_WAVE=off", "LIGHTSSS_INTERVAL=10evals"

static void run_several(const char *const *steps, const char *const *environment, struct outcome *outcome)
{
    const struct program program = {
        .arguments = steps, .environment = environment, .preload = true, .several = true};

    run_program(&program, outcome);
}

static void report_name(char name[64], pid_t pid, int n)
{
    size_t length = (size_t)snprintf(name, 64, "lightsss/fake_simulator.%d", pid);

    if (n > 1)
        length += (size_t)snprintf(name + length, 64 - length, "-%d", n);
    snprintf(name + length, 64 - length, "/report.json");
}

/* Of the n-th run directory. */
static void read_report(char text[REPORT_SIZE], const char *directory, pid_t pid, int n)
{
    char name[64], path[PATH_MAX + 65];

    report_name(name, pid, n);
    snprintf(path, sizeof path, "%s/%s", directory, name);
    FILE *file = fopen(path, "re");
    if (file == NULL)
        fail_msg("there is no %s", path);
    text[fread(text, 1, REPORT_SIZE - 1, file)] = '\0';
    fclose(file);
}

/* The n-th report has all these parts. */
static void expect_nth(const struct outcome *outcome, int n, const char *const *parts)
{
    char report[REPORT_SIZE];

    read_report(report, outcome->directory, outcome->pid, n);
    for (; *parts != NULL; parts++)
        if (strstr(report, *parts) == NULL)
            fail_msg("no %s in report %d:\n%s\n%s", *parts, n, report, outcome->said);
}

#define REPRODUCED "\"verdict\": \"reproduced\""

static void test_eval(void **state)
{
    struct outcome outcome;

    (void)state;
    run_several(LIST("eval:45", "exit:0"), LIST(TEN, "LIGHTSSS_SLOTS=3", "LIGHTSSS_AT=25evals"), &outcome);
    expect_exit(&outcome, 0);
    assert_int_equal(outcome.runs, 1);
    expect_said(&outcome, LIST(POINT));
    expect_nth(&outcome, 1,
               LIST("\"kind\": \"at\", \"status\": null, \"signal\": null",
                    "\"eval\": 25, \"time\": 125, \"point_eval\": 25 }",
                    "\"snapshot\": { \"number\": 1, \"eval\": 0", "\"evals_back\": 25", REPRODUCED,
                    "\"eval\": 25, \"seconds\""));
    run_discard(&outcome);
}

/* BACK is counted from the point, not from where the run is by then. */
static void test_back(void **state)
{
    struct outcome outcome;

    (void)state;
    run_several(LIST("eval:1000", "exit:0"),
                LIST(TEN, "LIGHTSSS_SLOTS=3", "LIGHTSSS_AT=25evals,36evals", "LIGHTSSS_BACK=12evals"),
                &outcome);
    expect_exit(&outcome, 0);
    assert_int_equal(outcome.runs, 2);
    expect_said(&outcome, LIST(POINT, POINT));
    expect_nth(&outcome, 1, LIST("\"point_eval\": 25", "\"number\": 2, \"eval\": 10", REPRODUCED));
    expect_nth(&outcome, 2, LIST("\"point_eval\": 36", "\"number\": 3, \"eval\": 20", REPRODUCED));
    run_discard(&outcome);
}

/* The replay of the first takes long: those that come meanwhile wait, and their snapshots stay. */
static void test_held(void **state)
{
    struct outcome outcome;

    (void)state;
    run_several(LIST("eval:14", "if_copy:sleep:700", "eval:3000", "exit:0"),
                LIST(TEN, "LIGHTSSS_SLOTS=1", "LIGHTSSS_AT=15evals,25evals,28evals,2997evals"), &outcome);
    expect_exit(&outcome, 0);
    assert_int_equal(outcome.runs, 4);
    expect_said(&outcome, LIST(POINT, POINT, POINT, POINT));
    expect_nth(&outcome, 1, LIST("\"point_eval\": 15", "\"number\": 2, \"eval\": 10,", REPRODUCED));
    expect_nth(&outcome, 2, LIST("\"point_eval\": 25", "\"evals_back\": 5,", REPRODUCED));
    expect_nth(&outcome, 3, LIST("\"point_eval\": 28", "\"evals_back\": 8,", REPRODUCED));
    expect_nth(&outcome, 4, LIST("\"point_eval\": 2997", REPRODUCED));
    run_discard(&outcome);
}

static void await_done(const struct running *running)
{
    char name[64], text[REPORT_SIZE] = "";

    report_name(name, running->pid, 1);
    run_await_file(running, name);
    for (int tries = 0; tries < 100000 && strstr(text, REPRODUCED) == NULL; tries++) {
        read_report(text, running->directory, running->pid, 1);
        usleep(1000);
    }
}

/* What is held goes when it is not needed any more: as many snapshots as ever are left. */
static void test_let_go(void **state)
{
    struct running running;
    struct outcome outcome;
    const struct program program = {
        .arguments = LIST("eval:14", "if_copy:await:held", "eval:500", "touch:begun", "await:done",
                          "eval:100", "touch:ready", "await:go", "exit:0"),
        .environment = LIST(TEN, "LIGHTSSS_SLOTS=2", "LIGHTSSS_AT=15evals"),
        .preload = true,
        .several = true,
    };

    (void)state;
    run_start(&running, &program);
    run_await_file(&running, "begun");
    run_await_snapshots(&running, 3);
    run_touch(&running, "held");
    await_done(&running);
    run_touch(&running, "done");
    run_await_file(&running, "ready");
    run_await_snapshots(&running, 2);
    run_touch(&running, "go");
    run_wait(&running, &outcome);
    expect_exit(&outcome, 0);
    assert_int_equal(outcome.runs, 1);
    run_discard(&outcome);
}

static void test_after(void **state)
{
    struct outcome outcome;

    (void)state;
    run_several(LIST("eval:145", "exit:0"),
                LIST(TEN, "LIGHTSSS_SLOTS=1", "LIGHTSSS_AT=25evals,140evals", "LIGHTSSS_AFTER=100evals"),
                &outcome);
    expect_exit(&outcome, 0);
    assert_int_equal(outcome.runs, 2);
    expect_nth(&outcome, 1,
               LIST("\"eval\": 125, \"time\": 625, \"point_eval\": 25, \"after_evals\": 100",
                    "\"snapshot\": { \"number\": 3, \"eval\": 20", REPRODUCED));
    /* the run ends before */
    expect_nth(&outcome, 2,
               LIST("\"eval\": 145, \"time\": 725, \"point_eval\": 140, \"after_evals\": 5", REPRODUCED));
    run_discard(&outcome);
}

/* 613 lies between two evals. */
static void test_time(void **state)
{
    struct outcome outcome;

    (void)state;
    run_several(LIST("eval:300", "exit:0"), LIST(TEN, "LIGHTSSS_AT=613t,125t,5t", "LIGHTSSS_SLOTS=64"),
                &outcome);
    expect_exit(&outcome, 0);
    assert_int_equal(outcome.runs, 3);
    expect_nth(&outcome, 1,
               LIST("\"eval\": 1, \"time\": 5, \"point_eval\": 1, \"point_time\": 5", REPRODUCED));
    expect_nth(&outcome, 2, LIST("\"eval\": 25, \"time\": 125, \"point_eval\": 25, \"point_time\": 125"));
    expect_nth(&outcome, 3, LIST("\"eval\": 123, \"time\": 615, \"point_eval\": 123, \"point_time\": 613"));
    run_discard(&outcome);
}

static void test_never(void **state)
{
    struct outcome outcome;

    (void)state;
    run_several(LIST("eval:45", "exit:0"), LIST(TEN, "LIGHTSSS_AT=46evals"), &outcome);
    expect_exit(&outcome, 0);
    assert_int_equal(outcome.runs, 0);
    expect_said(&outcome, LIST("LIGHTSSS_AT=46evals: the run has ended before"));
    run_discard(&outcome);
    run_several(LIST("eval:45", "exit:0"), LIST(TEN, "LIGHTSSS_AT=226t,1000evals"), &outcome);
    expect_said(&outcome, LIST("LIGHTSSS_AT=226t and others: the run has ended before"));
    run_discard(&outcome);
    run_several(LIST("eval:45", "exit:3"), LIST(TEN, "LIGHTSSS_AT=46evals"), &outcome);
    expect_exit(&outcome, 3);
    assert_int_equal(outcome.runs, 1);
    run_discard(&outcome);
}

/* The last eval counts, be it that the process ends inside it. */
static void test_last_eval(void **state)
{
    struct outcome outcome;

    (void)state;
    run_several(LIST("eval:44", "in:exit:0"), LIST(TEN, "LIGHTSSS_AT=44evals,45evals"), &outcome);
    expect_exit(&outcome, 0);
    assert_int_equal(outcome.runs, 2);
    expect_nth(&outcome, 2, LIST("\"point_eval\": 45", REPRODUCED));
    run_discard(&outcome);
}

static void test_failure_after(void **state)
{
    struct outcome outcome;

    (void)state;
    run_several(LIST("eval:45", "exit:3"), LIST(TEN, "LIGHTSSS_AT=25evals,45evals"), &outcome);
    expect_exit(&outcome, 3);
    assert_int_equal(outcome.runs, 3);
    expect_nth(&outcome, 1, LIST("\"kind\": \"at\"", "\"point_eval\": 25", REPRODUCED));
    expect_nth(&outcome, 2, LIST("\"kind\": \"at\"", "\"point_eval\": 45", REPRODUCED));
    expect_nth(&outcome, 3, LIST("\"kind\": \"exit\", \"status\": 3", "\"eval\": 45", REPRODUCED));
    run_discard(&outcome);
}

/* Points whose replays had not begun are lost, and said. */
static void test_killed(void **state)
{
    struct running running;
    struct outcome outcome;
    const struct program program = {
        .arguments = LIST("eval:14", "if_copy:sleep:1500", "eval:31", "touch:ready", "sleep:20000", "exit:0"),
        .environment = LIST(TEN, "LIGHTSSS_AT=15evals,25evals,28evals", "LIGHTSSS_SLOTS=1"),
        .preload = true,
        .several = true,
    };

    (void)state;
    run_start(&running, &program);
    run_await_file(&running, "ready");
    kill(running.pid, SIGKILL);
    run_wait(&running, &outcome);
    expect_signal(&outcome, SIGKILL);
    assert_int_equal(outcome.runs, 2);
    bool is_first = strstr(outcome.report, "\"kind\": \"kill\"") != NULL;
    expect_nth(&outcome, is_first ? 1 : 2,
               LIST("\"kind\": \"kill\"", "2 more waveforms that were wanted are not made", REPRODUCED));
    expect_nth(&outcome, is_first ? 2 : 1, LIST("\"kind\": \"at\"", "\"point_eval\": 15", REPRODUCED));
    run_discard(&outcome);
}

/* Until it waits for a replay at its end: nothing comes to it then. */
static void await_blocked(pid_t pid)
{
    char path[64], line[256];
    unsigned long blocked = 0;

    snprintf(path, sizeof path, "/proc/%d/status", pid);
    for (int tries = 0; tries < 100000 && (blocked & (1ul << (SIGINT - 1))) == 0; tries++) {
        FILE *status = fopen(path, "re");
        assert_non_null(status);
        while (fgets(line, sizeof line, status) != NULL)
            if (strncmp(line, "SigBlk:", 7) == 0)
                blocked = strtoul(line + 7, NULL, 16);
        fclose(status);
        usleep(1000);
    }
}

/* Who does not want to wait need not. */
static void test_impatient(void **state)
{
    struct running running;
    struct outcome outcome;
    const struct program program = {
        .arguments = LIST("eval:14", "if_copy:sign:replays", "if_copy:sleep:60000", "eval:31", "touch:ready",
                          "exit:0"),
        .environment = LIST(TEN, "LIGHTSSS_AT=15evals,25evals", "LIGHTSSS_SLOTS=1"),
        .preload = true,
        .several = true,
    };

    (void)state;
    run_start(&running, &program);
    run_await_sign(&running, "replays");
    run_await_file(&running, "ready");
    await_blocked(running.pid);
    double begin = run_clock();
    kill(running.pid, SIGINT);
    run_wait(&running, &outcome);
    if (run_clock() - begin > 30)
        fail_msg("it took %.1f s", run_clock() - begin);
    expect_exit(&outcome, 0);
    assert_non_null(strstr(outcome.said, "1 more waveform that was wanted is not made: SIGINT"));
    run_discard(&outcome);
}

/* Each line that matches, where it was printed; the run goes on, and is no failure. */
static void test_trigger(void **state)
{
    struct outcome outcome;

    (void)state;
    run_several(LIST("eval:14", "say:ERROR one", "eval:11", "in:say:two ERROR", "say:no", "eval:20",
                     "in:say:ERROR last", "exit:0"),
                LIST(TEN, "LIGHTSSS_SLOTS=1", "LIGHTSSS_TRIGGER=ERROR"), &outcome);
    expect_exit(&outcome, 0);
    assert_int_equal(outcome.runs, 3);
    expect_said(&outcome, LIST(POINT, POINT, POINT));
    expect_nth(&outcome, 1,
               LIST("\"kind\": \"trigger\"", "\"eval\": 14, \"time\": 70, \"line\": \"ERROR one\"",
                    "\"line_in\": \"stdout\", \"point_eval\": 14", REPRODUCED));
    expect_nth(&outcome, 2, LIST("\"line\": \"two ERROR\"", "\"point_eval\": 26", REPRODUCED));
    expect_nth(&outcome, 3, LIST("\"line\": \"ERROR last\"", "\"point_eval\": 47", REPRODUCED));
    assert_non_null(
        strstr(outcome.said, "where it wrote to stdout what LIGHTSSS_TRIGGER looks for: two ERROR"));
    run_discard(&outcome);
}

static void test_trigger_after(void **state)
{
    struct outcome outcome;

    (void)state;
    run_several(LIST("eval:14", "say:ERROR", "eval:31", "exit:3"),
                LIST(TEN, "LIGHTSSS_SLOTS=1", "LIGHTSSS_TRIGGER=ERROR", "LIGHTSSS_AFTER=10evals",
                     "LIGHTSSS_BACK=12evals"),
                &outcome);
    expect_exit(&outcome, 3);
    assert_int_equal(outcome.runs, 2);
    expect_nth(&outcome, 1,
               LIST("\"eval\": 24, \"time\": 120, \"line\": \"ERROR\"", "\"after_evals\": 10", REPRODUCED));
    expect_nth(&outcome, 2, LIST("\"kind\": \"exit\"", REPRODUCED));
    run_discard(&outcome);
}

static void test_too_many_lines(void **state)
{
    struct outcome outcome;

    (void)state;
    run_several(LIST("eval:14", "say:ERROR 1", "eval:5", "say:ERROR 2", "eval:5", "say:ERROR 3", "eval:5",
                     "say:ERROR 4", "exit:3"),
                LIST(TEN, "LIGHTSSS_TRIGGER=ERROR", "LIGHTSSS_TRIGGERS=2"), &outcome);
    expect_exit(&outcome, 3);
    assert_int_equal(outcome.runs, 3);
    assert_non_null(
        strstr(outcome.said, "2 more lines matched LIGHTSSS_TRIGGER, of which there is no waveform"));
    expect_nth(&outcome, 1, LIST("ERROR 1"));
    expect_nth(&outcome, 2, LIST("ERROR 2"));
    expect_nth(&outcome, 3, LIST("\"kind\": \"exit\"", "2 more lines matched LIGHTSSS_TRIGGER", REPRODUCED));
    run_discard(&outcome);
}

/* What was printed last is searched, however the run ends. */
static void test_trigger_at_the_end(void **state)
{
    static const char *const ends[] = {"abort", "_exit:3", "exit:3", "raise:TERM"};

    (void)state;
    for (size_t i = 0; i < sizeof ends / sizeof *ends; i++) {
        struct outcome outcome;
        run_several(LIST("eval:14", "say:ERROR", ends[i]), LIST(TEN, "LIGHTSSS_TRIGGER=^ERROR$"), &outcome);
        assert_int_equal(outcome.runs, 2);
        expect_nth(&outcome, 1, LIST("\"kind\": \"trigger\"", "\"point_eval\": 14", REPRODUCED));
        expect_nth(&outcome, 2, LIST("\"eval\": 14,", REPRODUCED));
        run_discard(&outcome);
    }
}

static void test_trigger_that_never_comes(void **state)
{
    struct outcome outcome;

    (void)state;
    run_several(LIST("eval:14", "say:fine", "eval:14", "exit:0"), LIST(TEN, "LIGHTSSS_TRIGGER=ERROR"),
                &outcome);
    expect_exit(&outcome, 0);
    assert_int_equal(outcome.runs, 0);
    assert_string_equal(outcome.said, "");
    run_discard(&outcome);
}

/* A request waits for what comes after it. */
static void test_request(void **state)
{
    struct running running;
    struct outcome outcome;
    const struct program program = {
        .arguments = LIST("eval:45", "touch:ready", "await:go", "eval:100", "exit:0"),
        .environment = LIST(TEN, "LIGHTSSS_SLOTS=3", "LIGHTSSS_AFTER=50evals"),
        .preload = true,
        .several = true,
    };

    (void)state;
    run_start(&running, &program);
    run_await_file(&running, "ready");
    run_await_snapshots(&running, 3);
    kill(running.pid, SIGUSR1);
    kill(running.pid, SIGUSR1);
    usleep(20000);
    run_touch(&running, "go");
    run_wait(&running, &outcome);
    expect_exit(&outcome, 0);
    assert_int_equal(outcome.runs, 1);
    expect_nth(&outcome, 1,
               LIST("\"kind\": \"request\"",
                    "\"eval\": 95, \"time\": 475, \"point_eval\": 45, \"after_evals\": 50", REPRODUCED));
    run_discard(&outcome);
}

/* A child that evaluates counts from its fork on. */
static void test_child(void **state)
{
    struct outcome outcome;

    (void)state;
    run_several(LIST("eval:30", "fork:eval:20+exit:0", "eval:10", "exit:0"),
                LIST(TEN, "LIGHTSSS_AT=15evals,35evals"), &outcome);
    expect_exit(&outcome, 0);
    assert_int_equal(outcome.runs, 3);
    expect_nth(&outcome, 1, LIST("\"point_eval\": 15", REPRODUCED));
    expect_nth(&outcome, 2, LIST("\"point_eval\": 35", REPRODUCED));
    run_discard(&outcome);
}

static int drawn(uint64_t *seed, int below)
{
    *seed = *seed * 6364136223846793005u + 1442695040888963407u;
    return (int)((*seed >> 33) % (unsigned)below);
}

/* In the long form: any points, slots and intervals. */
static void test_random(void **state)
{
    const int rounds = full_test() ? 200 : 4;
    uint64_t seed = 1;

    (void)state;
    for (int round = 0; round < rounds; round++) {
        struct outcome outcome;
        char at[128], slots[32], interval[48];
        int first = 1 + drawn(&seed, 400), second = first + 1 + drawn(&seed, 300);

        snprintf(at, sizeof at, "LIGHTSSS_AT=%devals,%dt", first, second * 5);
        snprintf(slots, sizeof slots, "LIGHTSSS_SLOTS=%d", 1 + drawn(&seed, 4));
        snprintf(interval, sizeof interval, "LIGHTSSS_INTERVAL=%devals", 1 + drawn(&seed, 100));
        run_several(LIST("eval:1000", "exit:0"), LIST("LIGHTSSS_WAVE=off", at, slots, interval), &outcome);
        expect_exit(&outcome, 0);
        assert_int_equal(outcome.runs, 2);
        snprintf(at, sizeof at, "\"point_eval\": %d", first);
        expect_nth(&outcome, 1, LIST(at, REPRODUCED));
        snprintf(at, sizeof at, "\"point_eval\": %d, \"point_time\": %d", second, second * 5);
        expect_nth(&outcome, 2, LIST(at, REPRODUCED));
        run_discard(&outcome);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_eval),
        cmocka_unit_test(test_back),
        cmocka_unit_test(test_held),
        cmocka_unit_test(test_let_go),
        cmocka_unit_test(test_after),
        cmocka_unit_test(test_time),
        cmocka_unit_test(test_never),
        cmocka_unit_test(test_last_eval),
        cmocka_unit_test(test_killed),
        cmocka_unit_test(test_failure_after),
        cmocka_unit_test(test_impatient),
        cmocka_unit_test(test_request),
        cmocka_unit_test(test_child),
        cmocka_unit_test(test_random),
        cmocka_unit_test(test_trigger),
        cmocka_unit_test(test_trigger_after),
        cmocka_unit_test(test_too_many_lines),
        cmocka_unit_test(test_trigger_at_the_end),
        cmocka_unit_test(test_trigger_that_never_comes),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
