/* SPDX-License-Identifier: MIT */
/* LIGHTSSS_BACK: which snapshot replays, whatever the failure is, and which one where that has died.
 * Snapshots 3, 4 and 5 are parked, behind evals 20, 30 and 40; the failure is at eval 45. */
#define _GNU_SOURCE
#include "expect.h"
#include "process.h"

#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#define WOKEN_LINE "the oldest checkpoint start to dump wave: snapshot "

struct asked {
    const char *back, *window;
    unsigned number; /* of the snapshot that is to replay */
};

static const struct asked values[] = {
    {"LIGHTSSS_BACK=oldest", "LIGHTSSS_WINDOW=5evals", 3},
    {"LIGHTSSS_BACK=window", "LIGHTSSS_WINDOW=5evals", 5},
    {"LIGHTSSS_BACK=window", "LIGHTSSS_WINDOW=6evals", 4},
    {"LIGHTSSS_BACK=window", "LIGHTSSS_WINDOW=15evals", 4},
    {"LIGHTSSS_BACK=window", "LIGHTSSS_WINDOW=16evals", 3},
    {"LIGHTSSS_BACK=window", "LIGHTSSS_WINDOW=26evals", 3},
    {"LIGHTSSS_BACK=window", "LIGHTSSS_WINDOW=all", 3},
    {"LIGHTSSS_BACK=5evals", "LIGHTSSS_WINDOW=all", 5},
    {"LIGHTSSS_BACK=15evals", "LIGHTSSS_WINDOW=1evals", 4},
    {"LIGHTSSS_BACK=1000evals", "LIGHTSSS_WINDOW=1evals", 3},
    {"LIGHTSSS_BACK=1ms", "LIGHTSSS_WINDOW=1evals", 5},
    {"LIGHTSSS_BACK=1h", "LIGHTSSS_WINDOW=1evals", 3},
};

#define COUNT (sizeof values / sizeof *values)

#define ENVIRONMENT(asked)                                                                                   \
    LIST("LIGHTSSS_WAVE=off", "LIGHTSSS_INTERVAL=10evals", "LIGHTSSS_SLOTS=3", (asked)->back, (asked)->window)

static void expect_number(const struct outcome *outcome, const struct asked *asked)
{
    char said[64], part[128];

    snprintf(said, sizeof said, WOKEN_LINE "%u, ", asked->number);
    snprintf(part, sizeof part, "\"snapshot\": { \"number\": %u, \"eval\": %u, ", asked->number,
             (asked->number - 1) * 10);
    if (outcome->report == NULL || strstr(outcome->said, said) == NULL ||
        strstr(outcome->report, part) == NULL)
        fail_msg("%s %s: not snapshot %u:\n%s\n%s", asked->back, asked->window, asked->number, outcome->said,
                 outcome->report);
    snprintf(part, sizeof part, "\"evals_back\": %u, \"seconds_back\": ", 45 - (asked->number - 1) * 10);
    expect_in_report(outcome, part);
    expect_reproduced(outcome);
}

static void test_exit(void **state)
{
    (void)state;
    for (size_t i = 0; i < COUNT; i++) {
        const struct asked *value = &values[i];
        struct running running;
        struct outcome outcome;

        run_start_with_three(&running, LIST(TO_THREE, "sleep:20", "exit:3"), ENVIRONMENT(value));
        run_touch(&running, "go");
        run_wait(&running, &outcome);
        expect_exit(&outcome, 3);
        expect_number(&outcome, value);
        run_discard(&outcome);
    }
}

static void test_abort(void **state)
{
    struct running running;
    struct outcome outcome;

    (void)state;
    run_start_with_three(&running, LIST(TO_THREE, "abort"), ENVIRONMENT(&values[2]));
    run_touch(&running, "go");
    run_wait(&running, &outcome);
    expect_signal(&outcome, SIGABRT);
    expect_number(&outcome, &values[2]);
    run_discard(&outcome);
}

/* The copies choose among themselves. */
static void test_kill(void **state)
{
    (void)state;
    for (size_t i = 0; i < COUNT; i++) {
        const struct asked *value = &values[i];
        struct running running;
        struct outcome outcome;

        run_start_with_three(&running, LIST(TO_THREE, "exit:3"), ENVIRONMENT(value));
        usleep(20000);
        kill(running.pid, SIGKILL);
        run_wait(&running, &outcome);
        expect_signal(&outcome, SIGKILL);
        expect_number(&outcome, value);
        run_discard(&outcome);
    }
}

/* While it waits for the replay that it has woken: the others leave that one alone. */
static void test_kill_while_it_waits(void **state)
{
    struct running running;
    struct outcome outcome;

    (void)state;
    run_start_with_three(&running, LIST(TO_THREE, "if_copy:sign:replays", "if_copy:sleep:300", "exit:3"),
                         ENVIRONMENT(&values[2]));
    run_touch(&running, "go");
    run_await_sign(&running, "replays");
    kill(running.pid, SIGKILL);
    run_wait(&running, &outcome);
    expect_signal(&outcome, SIGKILL);
    expect_number(&outcome, &values[2]);
    assert_null(strstr(strstr(outcome.said, WOKEN_LINE) + 1, WOKEN_LINE));
    run_discard(&outcome);
}

static void test_request(void **state)
{
    (void)state;
    for (size_t i = 0; i < COUNT; i++) {
        const struct asked *value = &values[i];
        struct running running;
        struct outcome outcome;

        run_start_with_three(&running, LIST(TO_THREE, "exit:0"), ENVIRONMENT(value));
        usleep(20000);
        kill(running.pid, SIGUSR1);
        run_touch(&running, "go");
        run_wait(&running, &outcome);
        expect_exit(&outcome, 0);
        expect_in_report(&outcome, "\"kind\": \"request\"");
        expect_number(&outcome, value);
        run_discard(&outcome);
    }
}

static void check_hang(const struct asked *asked, bool without_oldest)
{
    const struct program program = {.arguments = LIST("eval:45", "touch:ready", "sleep:3000", "exit:0"),
                                    .environment = LIST("LIGHTSSS_WAVE=off", "LIGHTSSS_INTERVAL=10evals",
                                                        "LIGHTSSS_SLOTS=3", "LIGHTSSS_HANG=500ms",
                                                        asked->back, asked->window),
                                    .preload = true};
    pid_t snapshots[RUN_SNAPSHOTS_MAX];
    struct running running;
    struct outcome outcome;

    run_start(&running, &program);
    run_await_file(&running, "ready");
    run_await_snapshots(&running, 3);
    run_snapshots(running.pid, snapshots);
    if (without_oldest)
        kill(snapshots[0], SIGKILL);
    run_wait(&running, &outcome);
    expect_exit(&outcome, 0);
    expect_in_report(&outcome, "\"kind\": \"hang\"");
    expect_number(&outcome, asked);
    run_discard(&outcome);
}

static void test_hang(void **state)
{
    (void)state;
    check_hang(&values[0], false);
    check_hang(&values[2], false);
    check_hang(&values[8], false);
}

/* Nobody has buried it: the original hangs. */
static void test_hang_without_the_oldest(void **state)
{
    static const struct asked asked = {"LIGHTSSS_BACK=oldest", "LIGHTSSS_WINDOW=all", 4};

    (void)state;
    check_hang(&asked, true);
}

/* The next older one, then the next younger. */
static void test_replays_die(void **state)
{
    struct running running;
    struct outcome outcome;

    (void)state;
    run_start_with_three(&running, LIST(TO_THREE, "if_copy:block:SEGV+segv", "exit:3"),
                         ENVIRONMENT(&values[3]));
    run_touch(&running, "go");
    run_wait(&running, &outcome);
    expect_exit(&outcome, 3);
    expect_said(&outcome,
                LIST("fake_simulator (pid ", WOKEN_LINE "4", "the replay of snapshot 4 died (SIGSEGV)",
                     WOKEN_LINE "3", "the replay of snapshot 3 died (SIGSEGV)", WOKEN_LINE "5",
                     "the replay of snapshot 5 died (SIGSEGV)", "replay incomplete", "no waveform"));
    run_discard(&outcome);
}

/* What is left of 3, 4 and 5 (each a bit) when 4 is to replay. */
static void check_dead(int end, unsigned dead, unsigned number)
{
    const struct asked asked = {"LIGHTSSS_BACK=window", "LIGHTSSS_WINDOW=15evals", number};
    pid_t snapshots[RUN_SNAPSHOTS_MAX];
    struct running running;
    struct outcome outcome;

    run_start_with_three(&running, LIST(TO_THREE, "exit:3"), ENVIRONMENT(&asked));
    run_snapshots(running.pid, snapshots);
    for (unsigned i = 0; i < 3; i++)
        if (dead & 1U << i)
            kill(snapshots[i], SIGKILL);
    if (end != 0)
        kill(running.pid, end);
    if (end != SIGKILL)
        run_touch(&running, "go");
    run_wait(&running, &outcome);
    if (end == SIGKILL)
        expect_signal(&outcome, SIGKILL);
    expect_number(&outcome, &asked);
    run_discard(&outcome);
}

static void test_chosen_one_is_dead(void **state)
{
    (void)state;
    check_dead(0, 2, 3);
    check_dead(0, 2 | 1, 5);
    check_dead(SIGKILL, 2, 3);
    check_dead(SIGKILL, 2 | 1, 5);
    check_dead(SIGKILL, 4, 4);
}

/* A request is not lost with it. */
static void test_request_without_the_chosen_one(void **state)
{
    static const struct asked asked = {"LIGHTSSS_BACK=window", "LIGHTSSS_WINDOW=15evals", 3};
    pid_t snapshots[RUN_SNAPSHOTS_MAX];
    struct running running;
    struct outcome outcome;

    (void)state;
    run_start_with_three(&running, LIST(TO_THREE, "exit:0"), ENVIRONMENT(&asked));
    run_snapshots(running.pid, snapshots);
    kill(snapshots[1], SIGKILL);
    run_await_snapshots(&running, 2);
    kill(running.pid, SIGUSR1);
    run_touch(&running, "go");
    run_wait(&running, &outcome);
    expect_exit(&outcome, 0);
    expect_number(&outcome, &asked);
    run_discard(&outcome);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_exit),
        cmocka_unit_test(test_abort),
        cmocka_unit_test(test_kill),
        cmocka_unit_test(test_kill_while_it_waits),
        cmocka_unit_test(test_request),
        cmocka_unit_test(test_hang),
        cmocka_unit_test(test_hang_without_the_oldest),
        cmocka_unit_test(test_replays_die),
        cmocka_unit_test(test_chosen_one_is_dead),
        cmocka_unit_test(test_request_without_the_chosen_one),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
