/* SPDX-License-Identifier: MIT */
/* Somebody stops (SIGSTOP) or kills snapshots and replays, or stops the original and lets it go on. The
 * original's result stays that of a run without the library; what was stopped is had go on where it is
 * needed, and nothing waits for it for ever. */
#define _GNU_SOURCE
#include "compare.h"
#include "expect.h"
#include "process.h"

#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ptrace.h>
#include <sys/wait.h>
#include <unistd.h>

#define PATIENCE 10 /* seconds that a run of a few milliseconds may take on a busy machine */

static void start(struct running *running, const char *const *steps)
{
    run_start_with_three(running, steps, EVERY_TEN);
    running->program.timeout_s = 3 * PATIENCE;
}

static char state_of(pid_t pid)
{
    char path[64], line[512] = "";

    snprintf(path, sizeof path, "/proc/%d/stat", pid);
    FILE *file = fopen(path, "re");
    if (file == NULL)
        return '\0';
    line[fread(line, 1, sizeof line - 1, file)] = '\0';
    fclose(file);
    const char *end = strrchr(line, ')');
    return end == NULL ? '\0' : end[2];
}

static bool comes_to(pid_t pid, char state)
{
    for (int tries = 0; tries < 5000 && state_of(pid) != state; tries++)
        usleep(1000);
    return state_of(pid) == state;
}

static void stop(pid_t pid)
{
    kill(pid, SIGSTOP);
    assert_true(comes_to(pid, 'T'));
}

static void stop_all(const struct running *running)
{
    pid_t snapshots[RUN_SNAPSHOTS_MAX];
    int count = run_snapshots(running->pid, snapshots);

    for (int i = 0; i < count; i++)
        stop(snapshots[i]);
}

static void expect_end(const struct outcome *outcome, int status, double start)
{
    double seconds = run_clock() - start;

    if (outcome->timed_out || outcome->status != status || outcome->left != 0)
        fail_msg("wait status %#x%s, %d are left; said:\n%s", (unsigned)outcome->status,
                 outcome->timed_out ? " (timed out)" : "", outcome->left, outcome->said);
    if (seconds > PATIENCE)
        fail_msg("it took %.1f s", seconds);
}

#define EXITED(status) ((status) << 8)

/* --- snapshots --- */

static void test_parked_are_stopped(void **state)
{
    struct running running;
    struct outcome outcome;

    (void)state;
    start(&running, LIST(TO_THREE, "eval:20", "exit:3"));
    stop_all(&running);
    double start = run_clock();
    run_touch(&running, "go");
    run_wait(&running, &outcome);
    expect_end(&outcome, EXITED(3), start);
    expect_reproduced(&outcome);
    run_discard(&outcome);
}

static void test_clean_end(void **state)
{
    struct running running;
    struct outcome outcome;

    (void)state;
    start(&running, LIST(TO_THREE, "eval:20", "exit:0"));
    stop_all(&running);
    double start = run_clock();
    run_touch(&running, "go");
    run_wait(&running, &outcome);
    expect_end(&outcome, EXITED(0), start);
    assert_string_equal(outcome.said, "");
    run_discard(&outcome);
}

/* A debugger that looks elsewhere: what it holds and is killed is a zombie that its parent cannot reap. */
static void expect_end_with_held(const char *const *steps, int status)
{
    pid_t snapshots[RUN_SNAPSHOTS_MAX];
    struct running running;
    struct outcome outcome;
    siginfo_t end = {.si_pid = 0};

    start(&running, steps);
    assert_int_equal(run_snapshots(running.pid, snapshots), 3);
    if (ptrace(PTRACE_SEIZE, snapshots[1], NULL, NULL) != 0) {
        print_message("no ptrace(): not tested\n");
        kill(running.pid, SIGKILL);
        skip();
    }
    double start = run_clock();
    run_touch(&running, "go");
    while (end.si_pid == 0 && run_clock() < start + 2 * PATIENCE) {
        usleep(1000);
        waitid(P_PID, (id_t)running.pid, &end, WEXITED | WNOWAIT | WNOHANG);
    }
    kill(snapshots[1], SIGKILL);
    waitpid(snapshots[1], NULL, __WALL);
    run_wait(&running, &outcome);
    expect_end(&outcome, status, start);
    run_discard(&outcome);
}

static void test_held_at_clean_end(void **state)
{
    (void)state;
    expect_end_with_held(LIST(TO_THREE, "exit:0"), EXITED(0));
}

static void test_held_at_failure(void **state)
{
    (void)state;
    expect_end_with_held(LIST(TO_THREE, "eval:30", "exit:3"), EXITED(3));
}

static void test_original_is_killed(void **state)
{
    struct running running;
    struct outcome outcome;

    (void)state;
    start(&running, LIST(TO_THREE));
    stop_all(&running);
    double start = run_clock();
    kill(running.pid, SIGKILL);
    run_wait(&running, &outcome);
    expect_end(&outcome, SIGKILL, start);
    expect_reproduced(&outcome);
    run_discard(&outcome);
}

/* A request is not lost, even where the original ends at once. */
static void test_request(void **state)
{
    struct running running;
    struct outcome outcome;

    (void)state;
    start(&running, LIST(TO_THREE, "exit:0"));
    stop_all(&running);
    double start = run_clock();
    kill(running.pid, SIGUSR1);
    run_touch(&running, "go");
    run_wait(&running, &outcome);
    expect_end(&outcome, EXITED(0), start);
    expect_reproduced(&outcome);
    run_discard(&outcome);
}

/* --- replays --- */

static pid_t await_replay(const struct running *running)
{
    char path[64];
    pid_t snapshots[RUN_SNAPSHOTS_MAX];

    snprintf(path, sizeof path, "lightsss/fake_simulator.%d/here", running->pid);
    run_await_file(running, path);
    assert_true(run_snapshots(running->pid, snapshots) > 0);
    return snapshots[0];
}

static void test_replay_is_stopped(void **state)
{
    struct running running;
    struct outcome outcome;

    (void)state;
    start(&running, LIST("eval:45", "touch:ready", "if_copy:sign:here+sleep:300", "exit:3"));
    pid_t replay = await_replay(&running);
    double start = run_clock();
    stop(replay);
    run_wait(&running, &outcome);
    expect_end(&outcome, EXITED(3), start);
    expect_reproduced(&outcome);
    run_discard(&outcome);
}

static void test_replay_is_killed(void **state)
{
    struct running running;
    struct outcome outcome;

    (void)state;
    start(&running, LIST("eval:45", "touch:ready", "if_copy:once:here:sleep:5000", "exit:3"));
    pid_t replay = await_replay(&running);
    double start = run_clock();
    kill(replay, SIGKILL);
    run_wait(&running, &outcome);
    expect_end(&outcome, EXITED(3), start);
    expect_reproduced(&outcome);
    assert_non_null(strstr(outcome.said, "died (SIGKILL) before it was done; trying the next one"));
    run_discard(&outcome);
}

/* --- the original --- */

/* As Ctrl-Z and fg do at a shell: the snapshots are not in its process group and sleep on. */
static void test_original_is_stopped(void **state)
{
    pid_t snapshots[RUN_SNAPSHOTS_MAX];
    struct running running;
    struct outcome outcome;

    (void)state;
    start(&running, LIST(TO_THREE, "eval:20", "exit:3"));
    double start = run_clock();
    kill(-running.pid, SIGSTOP);
    int status = 0;
    assert_int_equal(waitpid(running.pid, &status, WUNTRACED), running.pid);
    assert_true(WIFSTOPPED(status));
    run_touch(&running, "go");
    usleep(50000);
    assert_int_equal(run_snapshots(running.pid, snapshots), 3);
    for (int i = 0; i < 3; i++)
        assert_true(comes_to(snapshots[i], 'S'));
    kill(-running.pid, SIGCONT);
    run_wait(&running, &outcome);
    expect_end(&outcome, EXITED(3), start);
    expect_reproduced(&outcome);
    run_discard(&outcome);
}

/* Its first thread has ended, and others go on: it does not hang either. */
static void test_first_thread_has_ended(void **state)
{
    const struct program program = {
        .arguments = LIST("main_leaves:eval:45+touch:ready+await:go+exit:0"),
        .environment = LIST("LIGHTSSS_WAVE=off", "LIGHTSSS_INTERVAL=10evals", "LIGHTSSS_HANG=2s"),
        .preload = true,
    };
    struct running running;
    struct outcome outcome;

    (void)state;
    run_start(&running, &program);
    run_await_file(&running, "ready");
    kill(running.pid, SIGSTOP);
    usleep(4000000);
    kill(running.pid, SIGCONT);
    run_touch(&running, "go");
    run_wait(&running, &outcome);
    assert_string_equal(outcome.said, "");
    assert_int_equal(outcome.status, 0);
    run_discard(&outcome);
}

/* --- at random --- */

#define STORM_SIGNALS 150

static uint64_t drawn = 1; /* the same numbers each time */

static unsigned draw(unsigned below)
{
    drawn = drawn * 6364136223846793005U + 1442695040888963407U;
    return (unsigned)(drawn >> 33) % below;
}

static void storm(const struct running *running)
{
    static const int signals[] = {SIGKILL, SIGSTOP, SIGSTOP, SIGCONT};
    pid_t snapshots[RUN_SNAPSHOTS_MAX];

    for (int i = 0; i < STORM_SIGNALS; i++) {
        int count = run_snapshots(running->pid, snapshots);
        usleep(draw(3000));
        if (state_of(running->pid) == 'Z')
            return;
        if (count > 0)
            kill(snapshots[draw((unsigned)count)], signals[draw(4)]);
    }
}

static void run_once(const char *const *steps, const char *const *environment, bool stormy,
                     struct outcome *outcome)
{
    const struct program program = {
        .arguments = steps, .environment = environment, .preload = stormy, .timeout_s = 60};
    struct running running;

    run_start(&running, &program);
    if (stormy)
        storm(&running);
    run_wait(&running, outcome);
}

static bool tells(const struct outcome *outcome)
{
    return strstr(outcome->said, "replay reproduced") != NULL || strstr(outcome->said, "no waveform") != NULL;
}

static void test_storm(void **state)
{
    static const char *const slots[] = {"LIGHTSSS_SLOTS=1", "LIGHTSSS_SLOTS=2", "LIGHTSSS_SLOTS=16"};
    static const char *const ends[] = {"exit:3", "abort", "exit:0"};
    struct outcome without, with;
    int runs = full_test() ? 300 : 9;

    (void)state;
    for (int i = 0; i < runs; i++) {
        const char *const *steps = LIST("worker", "print:text", "pace:100", "eval:500", "open:0:wc:a",
                                        "eval:500", "fd_write:0:b", "error:words", ends[i / 3 % 3]);
        const char *const *environment = LIST("LIGHTSSS_WAVE=off", "LIGHTSSS_INTERVAL=20evals", slots[i % 3]);
        run_once(steps, environment, false, &without);
        double start = run_clock();
        run_once(steps, environment, true, &with);
        compare_same(&without, &with);
        if (i / 3 % 3 != 2 && !tells(&with))
            fail_msg("run %d: it is not told what was lost:\n%s", i, with.said);
        if (run_clock() - start > 2 * PATIENCE)
            fail_msg("run %d took %.1f s:\n%s", i, run_clock() - start, with.said);
        run_discard(&without);
        run_discard(&with);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_parked_are_stopped),
        cmocka_unit_test(test_clean_end),
        cmocka_unit_test(test_held_at_clean_end),
        cmocka_unit_test(test_held_at_failure),
        cmocka_unit_test(test_original_is_killed),
        cmocka_unit_test(test_request),
        cmocka_unit_test(test_replay_is_stopped),
        cmocka_unit_test(test_replay_is_killed),
        cmocka_unit_test(test_original_is_stopped),
        cmocka_unit_test(test_first_thread_has_ended),
        cmocka_unit_test(test_storm),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
