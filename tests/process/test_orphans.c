/* SPDX-License-Identifier: MIT */
/* The original dies and nobody sees it coming: its copies hear of it from the kernel, and the oldest replays.
 */
#define _GNU_SOURCE
#include "compare.h"
#include "expect.h"
#include "process.h"

#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#define KILLED_LINE "fake_simulator (pid "
#define WOKEN_1     "the oldest checkpoint start to dump wave: snapshot 1"
#define WOKEN_3     "the oldest checkpoint start to dump wave: snapshot 3"
#define LAST_LINE   "no waveform: "

static void expect_kill_report(const struct outcome *outcome)
{
    expect_signal(outcome, SIGKILL);
    expect_in_report(outcome, "\"kind\": \"kill\", \"status\": null, \"signal\": \"SIGKILL\"");
    expect_in_report(outcome, "\"eval\": 45, \"time\": 225 }");
    expect_reproduced(outcome);
}

static void test_killed(void **state)
{
    struct running running;
    struct outcome outcome;

    (void)state;
    run_start_with_three(&running, LIST(TO_THREE, "exit:3"), EVERY_TEN);
    kill(running.pid, SIGKILL);
    run_wait(&running, &outcome);
    expect_kill_report(&outcome);
    expect_in_report(&outcome, "\"number\": 3, \"eval\": 20");
    expect_said(&outcome, LIST(KILLED_LINE, WOKEN_3, "replay reproduced", LAST_LINE));
    run_discard(&outcome);
}

/* A file that has got the number of stderr gets none of our lines. */
static void test_closed_output(void **state)
{
    const struct program program = {
        .arguments = LIST("close:2", "open:2:mc:own", "eval:5", "touch:ready", "await:go"), .preload = true};
    struct running running;
    struct outcome outcome;
    char path[PATH_MAX + 8];
    struct stat file;

    (void)state;
    run_start(&running, &program);
    run_await_file(&running, "ready");
    kill(running.pid, SIGKILL);
    run_wait(&running, &outcome);
    expect_signal(&outcome, SIGKILL);
    expect_reproduced(&outcome);
    snprintf(path, sizeof path, "%s/own", outcome.directory);
    assert_int_equal(stat(path, &file), 0);
    assert_int_equal(file.st_size, 0);
    run_discard(&outcome);
}

/* timeout -s KILL kills its whole process group. */
static void test_group_killed(void **state)
{
    struct running running;
    struct outcome outcome;

    (void)state;
    run_start_with_three(&running, LIST(TO_THREE, "exit:3"), EVERY_TEN);
    kill(-running.pid, SIGKILL);
    run_wait(&running, &outcome);
    expect_kill_report(&outcome);
    run_discard(&outcome);
}

static void expect_score(pid_t pid, const char *wanted)
{
    char path[64], score[16] = "";

    snprintf(path, sizeof path, "/proc/%d/oom_score_adj", pid);
    for (int tries = 0; tries < 1000 && strcmp(score, wanted) != 0; tries++) {
        FILE *file = fopen(path, "re");
        assert_non_null(file);
        assert_non_null(fgets(score, sizeof score, file));
        fclose(file);
        usleep(1000); /* a copy that was made just now has not done it yet */
    }
    assert_string_equal(score, wanted);
}

/* Where memory runs out, the kernel takes them and not the original. */
static void test_copies_yield(void **state)
{
    pid_t snapshots[RUN_SNAPSHOTS_MAX];
    struct running running;
    struct outcome outcome;
    char own[16] = "";

    (void)state;
    FILE *file = fopen("/proc/self/oom_score_adj", "re");
    assert_non_null(file);
    assert_non_null(fgets(own, sizeof own, file));
    fclose(file);
    run_start_with_three(&running, LIST(TO_THREE, "exit:3"), EVERY_TEN);
    for (int i = run_snapshots(running.pid, snapshots); i > 0; i--)
        expect_score(snapshots[i - 1], "900\n");
    expect_score(running.pid, own);
    run_touch(&running, "go");
    run_wait(&running, &outcome);
    run_discard(&outcome);
}

/* The out-of-memory killer takes the oldest snapshot as well; the others wait for it to be gone. */
static void test_oldest_killed_too(void **state)
{
    pid_t snapshots[RUN_SNAPSHOTS_MAX];
    struct running running;
    struct outcome outcome;

    (void)state;
    run_start_with_three(&running, LIST(TO_THREE, "exit:3"), EVERY_TEN);
    run_snapshots(running.pid, snapshots);
    kill(snapshots[0], SIGKILL);
    kill(running.pid, SIGKILL);
    run_wait(&running, &outcome);
    expect_kill_report(&outcome);
    expect_in_report(&outcome, "\"number\": 4, \"eval\": 30");
    run_discard(&outcome);
}

static void test_all_killed(void **state)
{
    pid_t snapshots[RUN_SNAPSHOTS_MAX];
    struct running running;
    struct outcome outcome;

    (void)state;
    run_start_with_three(&running, LIST(TO_THREE, "exit:3"), EVERY_TEN);
    int count = run_snapshots(running.pid, snapshots);
    for (int i = 0; i < count; i++)
        kill(snapshots[i], SIGKILL);
    kill(running.pid, SIGKILL);
    run_wait(&running, &outcome);
    expect_signal(&outcome, SIGKILL);
    assert_null(outcome.run);
    run_discard(&outcome);
}

static void test_kill_is_no_failure(void **state)
{
    struct running running;
    struct outcome outcome;

    (void)state;
    run_start_with_three(&running, LIST(TO_THREE, "exit:3"),
                         LIST("LIGHTSSS_WAVE=off", "LIGHTSSS_INTERVAL=10evals", "LIGHTSSS_SLOTS=3",
                              "LIGHTSSS_ON=exit,abort,signal"));
    kill(running.pid, SIGKILL);
    run_wait(&running, &outcome);
    expect_signal(&outcome, SIGKILL);
    assert_null(outcome.run);
    assert_string_equal(outcome.said, "");
    run_discard(&outcome);
}

/* By itself, by a call that is not libc's: the replay does the same, and tells of it. */
static void test_killed_by_itself(void **state)
{
    static const char *const ends[] = {"in:raw_kill:KILL", "in:kill:KILL"};

    (void)state;
    for (size_t i = 0; i < 2; i++) {
        const struct program program = {.arguments = LIST("eval:5", ends[i]), .preload = true};
        struct outcome outcome;

        run_program(&program, &outcome);
        expect_signal(&outcome, SIGKILL);
        expect_reproduced(&outcome);
        expect_said(&outcome, LIST(KILLED_LINE, WOKEN_1, "replay reproduced", LAST_LINE));
        run_discard(&outcome);
    }
}

/* It ends as nobody sees it coming, and so does the replay. */
static void test_ended_unseen(void **state)
{
    const struct program program = {.arguments = LIST("eval:5", "in:raw_exit:3"), .preload = true};
    struct outcome outcome;

    (void)state;
    run_program(&program, &outcome);
    expect_exit(&outcome, 3);
    expect_in_report(&outcome, "\"kind\": \"exit\", \"status\": 3");
    expect_in_report(&outcome, "\"eval\": 6");
    expect_reproduced(&outcome);
    run_discard(&outcome);
}

/* Ends that are no failures, were it not for what was printed: before the last eval, and behind it. */
static void test_words(void **state)
{
    static const char *const ends[][2] = {
        {"in:raw_exit:0", "\"kind\": \"finish\", \"status\": 0"},
        {"raw_kill:PIPE", "\"kind\": \"signal\", \"status\": null, \"signal\": \"SIGPIPE\""},
        {"raw_kill:KILL", "\"kind\": \"kill\""},
    };
    const char *const *const environment =
        LIST("LIGHTSSS_WAVE=off", "LIGHTSSS_ON=exit", "LIGHTSSS_MATCH=^TEST FAILED");

    (void)state;
    for (size_t i = 0; i < 2 * sizeof ends / sizeof *ends; i++) {
        const char *const *end = ends[i / 2];
        const char *const *steps = i % 2 == 0
                                       ? LIST("eval:5", "error:TEST FAILED", "sleep:50", end[0])
                                       : LIST("eval:5", "say:TEST FAILED", "eval:2", "sleep:50", end[0]);
        const struct program program = {.arguments = steps, .environment = environment, .preload = true};
        struct outcome outcome;

        run_program(&program, &outcome);
        assert_int_equal(outcome.left, 0);
        expect_in_report(&outcome, end[1]);
        expect_in_report(&outcome, "\"match\": \"TEST FAILED\", \"match_in\": \"");
        expect_reproduced(&outcome);
        expect_said(&outcome, LIST(KILLED_LINE, "it printed what LIGHTSSS_MATCH looks for: TEST FAILED",
                                   WOKEN_1, "replay reproduced", LAST_LINE));
        run_discard(&outcome);
    }
}

/* A replay that cannot even begin says why, once. */
static void test_killed_without_replay(void **state)
{
    const struct program program = {
        .arguments = LIST("map_many:300", TO_THREE), .environment = EVERY_TEN, .preload = true};
    struct running running;
    struct outcome outcome;

    (void)state;
    run_start(&running, &program);
    run_await_file(&running, "ready");
    run_await_snapshots(&running, 3);
    kill(running.pid, SIGKILL);
    run_wait(&running, &outcome);
    expect_signal(&outcome, SIGKILL);
    expect_in_report(&outcome, "\"verdict\": \"incomplete\"");
    expect_said(&outcome, LIST(KILLED_LINE, WOKEN_3, "replay incomplete: memory that it shares", LAST_LINE));
    run_discard(&outcome);
}

/* While it takes its first snapshot, between the clone and what comes behind it. */
static void test_killed_at_snapshot(void **state)
{
    char *refuse = strdup(run_test_program("refuse"));
    const char *arguments[] = {"setpgid", "KILL", run_test_program("fake_simulator"), "eval:5", NULL};
    const struct program program = {.path = refuse, .arguments = arguments, .preload = true};
    struct outcome outcome;

    (void)state;
    run_program(&program, &outcome);
    free(refuse);
    if (WIFEXITED(outcome.status) && WEXITSTATUS(outcome.status) == 77)
        skip();
    assert_true(WIFSIGNALED(outcome.status));
    assert_int_equal(outcome.left, 0);
    expect_reproduced(&outcome);
    run_discard(&outcome);
}

/* A batch system that is told to end the job sends SIGTERM, and SIGKILL some time later. */
static void test_killed_while_it_waits(void **state)
{
    const struct program program = {
        .arguments =
            LIST("eval:5", "if_copy:sign:replays", "if_copy:sleep:700", "eval:1", "touch:ready", "await:go"),
        .preload = true,
    };
    struct running running;
    struct outcome outcome;

    (void)state;
    run_start(&running, &program);
    run_await_file(&running, "ready");
    kill(running.pid, SIGTERM);
    run_await_sign(&running, "replays");
    kill(-running.pid, SIGKILL);
    run_wait(&running, &outcome);
    expect_signal(&outcome, SIGKILL);
    expect_in_report(&outcome, "\"snapshots\": [ { \"number\": 1, \"eval\": 0");
    expect_in_report(&outcome, "\"age_evals\": 6,");
    expect_in_report(&outcome, "\"signal\": \"SIGTERM\"");
    expect_reproduced(&outcome);
    expect_said(&outcome, LIST(KILLED_LINE, WOKEN_1, "replay reproduced", LAST_LINE));
    run_discard(&outcome);
}

/* It had just made the run directory: nobody else has that name. */
static void test_killed_at_the_run_directory(void **state)
{
    struct running running;
    struct outcome outcome;
    char path[PATH_MAX + 64];

    (void)state;
    run_start_with_three(&running, LIST(TO_THREE, "exit:3"), EVERY_TEN);
    snprintf(path, sizeof path, "%s/lightsss", running.directory);
    mkdir(path, 0777);
    snprintf(path, sizeof path, "%s/lightsss/fake_simulator.%d", running.directory, running.pid);
    assert_int_equal(mkdir(path, 0700), 0);
    kill(running.pid, SIGKILL);
    run_wait(&running, &outcome);
    expect_kill_report(&outcome);
    assert_int_equal(outcome.runs, 1);
    run_discard(&outcome);
}

/* It does not come to write the report, and there is no other snapshot: the replay has written it. */
static void test_killed_behind_its_replay(void **state)
{
    const struct program program = {
        .arguments = LIST("eval:5", "if_copy:sign:replays", "if_copy:sleep:700", "eval:1", "exit:3"),
        .environment = LIST("LIGHTSSS_WAVE=off", "LIGHTSSS_SLOTS=1"),
        .preload = true,
    };
    pid_t snapshots[RUN_SNAPSHOTS_MAX];
    struct running running;
    struct outcome outcome;

    (void)state;
    run_start(&running, &program);
    run_await_sign(&running, "replays");
    kill(running.pid, SIGSTOP);
    while (run_snapshots(running.pid, snapshots) > 0)
        usleep(10000);
    kill(running.pid, SIGKILL);
    run_wait(&running, &outcome);
    expect_signal(&outcome, SIGKILL);
    expect_in_report(&outcome, "\"kind\": \"exit\", \"status\": 3");
    expect_in_report(&outcome, "\"snapshots\": [ { \"number\": 1, \"eval\": 0");
    expect_reproduced(&outcome);
    expect_said(&outcome, LIST(KILLED_LINE, WOKEN_1));
    assert_int_equal(outcome.left, 0);
    run_discard(&outcome);
}

/* And then to all of the job: nobody is left to report. */
static void test_all_killed_while_it_waits(void **state)
{
    const struct program program = {
        .arguments = LIST("eval:5", "if_copy:sign:replays+hang", "eval:1", "touch:ready", "await:go"),
        .preload = true,
    };
    pid_t snapshots[RUN_SNAPSHOTS_MAX];
    struct running running;
    struct outcome outcome;

    (void)state;
    run_start(&running, &program);
    run_await_file(&running, "ready");
    kill(running.pid, SIGTERM);
    run_await_sign(&running, "replays");
    int count = run_snapshots(running.pid, snapshots);
    assert_int_equal(count, 1);
    kill(snapshots[0], SIGSTOP);
    kill(running.pid, SIGKILL);
    kill(snapshots[0], SIGKILL);
    run_wait(&running, &outcome);
    expect_signal(&outcome, SIGKILL);
    expect_in_report(&outcome, "\"signal\": \"SIGTERM\", \"eval\": 6, \"time\": 30 }");
    expect_in_report(&outcome, "\"number\": 1, \"eval\": 0");
    expect_in_report(&outcome, "\"verdict\": \"incomplete\", \"why\": \"the replay was killed before it");
    expect_in_report(&outcome, "\"wave\": null");
    expect_said(&outcome, LIST(KILLED_LINE, WOKEN_1));
    run_discard(&outcome);
}

/* The only snapshot is killed in its replay: the spare that it has left, because the simulator shares memory,
 * goes on in its place. */
static void test_replay_is_killed_too(void **state)
{
    const struct program program = {
        .arguments = LIST("memfd:0", "map:0", "eval:4", "if_copy:once:replays:hang", "eval:1", "touch:ready",
                          "await:go"),
        .environment = LIST("LIGHTSSS_WAVE=off", "LIGHTSSS_SLOTS=1"),
        .preload = true,
    };
    pid_t snapshots[RUN_SNAPSHOTS_MAX];
    struct running running;
    struct outcome outcome;

    (void)state;
    run_start(&running, &program);
    run_await_file(&running, "ready");
    assert_int_equal(run_snapshots(running.pid, snapshots), 1);
    kill(running.pid, SIGKILL);
    run_await_sign(&running, "replays");
    kill(snapshots[0], SIGKILL);
    run_wait(&running, &outcome);
    expect_signal(&outcome, SIGKILL);
    expect_reproduced(&outcome);
    expect_said(&outcome, LIST(KILLED_LINE, WOKEN_1, WOKEN_1, "replay reproduced", LAST_LINE));
    run_discard(&outcome);
}

/* Those that wait for the replay, and one of them does not run. */
static void test_one_is_stopped(void **state)
{
    pid_t snapshots[RUN_SNAPSHOTS_MAX];
    struct running running;
    struct outcome outcome;

    (void)state;
    run_start_with_three(&running, LIST(TO_THREE, "exit:3"), EVERY_TEN);
    assert_int_equal(run_snapshots(running.pid, snapshots), 3);
    kill(snapshots[2], SIGSTOP);
    kill(running.pid, SIGKILL);
    run_wait(&running, &outcome);
    expect_kill_report(&outcome);
    assert_int_equal(outcome.left, 0);
    run_discard(&outcome);
}

/* It was killed inside an eval that does not come back: neither does the replay. */
static void test_killed_inside_eval(void **state)
{
    const struct program program = {
        .arguments = LIST("eval:5", "touch:ready", "in:hang"),
        .preload = true,
    };
    struct running running;
    struct outcome outcome;

    (void)state;
    run_start(&running, &program);
    run_await_file(&running, "ready");
    usleep(50000);
    kill(running.pid, SIGKILL);
    sleep(3); /* the replay gives up after two seconds */
    run_wait(&running, &outcome);
    expect_signal(&outcome, SIGKILL);
    expect_in_report(&outcome, "\"kind\": \"kill\"");
    expect_in_report(&outcome, "\"eval\": 6");
    expect_reproduced(&outcome);
    run_discard(&outcome);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_killed),
        cmocka_unit_test(test_closed_output),
        cmocka_unit_test(test_group_killed),
        cmocka_unit_test(test_oldest_killed_too),
        cmocka_unit_test(test_copies_yield),
        cmocka_unit_test(test_all_killed),
        cmocka_unit_test(test_kill_is_no_failure),
        cmocka_unit_test(test_killed_by_itself),
        cmocka_unit_test(test_killed_without_replay),
        cmocka_unit_test(test_killed_at_snapshot),
        cmocka_unit_test(test_words),
        cmocka_unit_test(test_ended_unseen),
        cmocka_unit_test(test_killed_while_it_waits),
        cmocka_unit_test(test_killed_at_the_run_directory),
        cmocka_unit_test(test_killed_behind_its_replay),
        cmocka_unit_test(test_all_killed_while_it_waits),
        cmocka_unit_test(test_replay_is_killed_too),
        cmocka_unit_test(test_one_is_stopped),
        cmocka_unit_test(test_killed_inside_eval),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
