/* SPDX-License-Identifier: MIT */
/* Replays while the original goes on: by SIGUSR1, by the command, and because it hangs. */
#define _GNU_SOURCE
#include "expect.h"
#include "first_child.h"
#include "process.h"
#include "run_program.h"

#include <dirent.h>
#include <fcntl.h>
#include <grp.h>
#include <pthread.h>
#include <sched.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ptrace.h>
#include <sys/wait.h>
#include <unistd.h>

#define NOBODY     65534
#define ASKED_LINE "fake_simulator (pid "
#define WOKEN_LINE "the oldest checkpoint start to dump wave: snapshot "
#define LAST_LINE  "no waveform: "
#define REPLAY     ASKED_LINE, WOKEN_LINE, "replay reproduced", LAST_LINE
#define UNDER_WAY  "the replay was killed before it was done"

/* The n-th report of a run: later ones have a suffix. Waits for it. */
static void expect_nth_report(const struct running *running, unsigned n, const char *part)
{
    char name[64], path[PATH_MAX + 65], text[4096] = "";

    snprintf(name, sizeof name, "lightsss/fake_simulator.%d", running->pid);
    if (n > 1)
        snprintf(name + strlen(name), sizeof name - strlen(name), "-%u", n);
    snprintf(name + strlen(name), sizeof name - strlen(name), "/report.json");
    run_await_file(running, name);
    snprintf(path, sizeof path, "%s/%s", running->directory, name);
    for (int tries = 0; tries < 10000 && (*text == '\0' || strstr(text, UNDER_WAY) != NULL); tries++) {
        FILE *file = fopen(path, "re");
        assert_non_null(file);
        text[fread(text, 1, sizeof text - 1, file)] = '\0';
        fclose(file);
        usleep(1000);
    }
    if (strstr(text, part) == NULL)
        fail_msg("no %s in report %u:\n%s", part, n, text);
    if (strstr(text, "\"verdict\": \"reproduced\"") == NULL)
        fail_msg("report %u is not reproduced:\n%s", n, text);
}

/* Several run directories cannot be taken down by run_wait(). */
static void end(struct running *running)
{
    int status;

    run_touch(running, "go");
    while (waitpid(running->pid, &status, 0) < 0)
        continue;
    assert_true(WIFEXITED(status) && WEXITSTATUS(status) == 0);
    char top[PATH_MAX + 4];
    snprintf(top, sizeof top, "%s/..", running->directory);
    run_remove_directory(top);
}

static void start(struct running *running, const char *const *steps, const char *const *environment)
{
    const struct program program = {.arguments = steps, .environment = environment, .preload = true};

    run_start(running, &program);
    run_await_file(running, "ready");
}

static void test_signal(void **state)
{
    struct running running;

    (void)state;
    run_start_with_three(&running, LIST(TO_THREE, "eval:5", "exit:0"), EVERY_TEN);
    for (unsigned n = 1; n <= 3; n++) {
        kill(running.pid, SIGUSR1);
        expect_nth_report(
            &running, n,
            "\"kind\": \"request\", \"status\": null, \"signal\": null, \"eval\": 45, \"time\": 225");
    }
    run_await_snapshots(&running, 3);
    end(&running);
}

/* The snapshot that was asked gives its place to a new one before it could answer. */
static void test_evicted(void **state)
{
    pid_t snapshots[RUN_SNAPSHOTS_MAX];
    struct running running;
    struct outcome outcome;

    (void)state;
    run_start_with_three(&running, LIST(TO_THREE, "eval:40", "exit:0"), EVERY_TEN);
    run_snapshots(running.pid, snapshots);
    if (ptrace(PTRACE_SEIZE, snapshots[0], NULL, NULL) != 0) {
        print_message("no ptrace(): not tested\n");
        kill(running.pid, SIGKILL);
        skip();
    }
    assert_int_equal(ptrace(PTRACE_INTERRUPT, snapshots[0], NULL, NULL), 0);
    assert_int_equal(waitpid(snapshots[0], NULL, __WALL), snapshots[0]);
    kill(running.pid, SIGUSR1);
    double begin = run_clock();
    run_touch(&running, "go");
    while (waitpid(snapshots[0], NULL, __WALL) == snapshots[0])
        continue;
    run_wait(&running, &outcome);
    double seconds = run_clock() - begin;
    expect_exit(&outcome, 0);
    expect_said(&outcome, LIST("no waveform: it was asked for, and the snapshot was given up before"));
    if (seconds > 1.5)
        fail_msg("the end took %.1f s", seconds);
    run_discard(&outcome);
}

static int ask(pid_t pid)
{
    char text[PATH_MAX + 64];

    snprintf(text, sizeof text, "'%s' wave %d >/dev/null 2>&1", getenv("LIGHTSSS_TEST_COMMAND"), pid);
    return WEXITSTATUS(system(text)); /* NOLINT(cert-env33-c) */
}

/* A simulator that uses SIGUSR1 itself gets it as ever, and can be asked by the command. */
static void test_command(void **state)
{
    struct running running;

    (void)state;
    start(&running,
          LIST("eval:1", "action:USR1:plain", "eval:44", "touch:ready", "await:go", "query:USR1", "exit:0"),
          EVERY_TEN);
    run_await_snapshots(&running, 3);
    assert_int_equal(ask(running.pid), 0);
    expect_nth_report(&running, 1, "\"kind\": \"request\"");
    end(&running);
}

#define LINE_SIZE 256

/* Its status, and the line that it prints. */
static int answer(pid_t pid, const char *command, char line[LINE_SIZE])
{
    char text[PATH_MAX + 64];

    *line = '\0';
    snprintf(text, sizeof text, "'%s' wave %d 2>&1", command, pid);
    FILE *stream = popen(text, "re"); /* NOLINT(cert-env33-c) */
    assert_non_null(stream);
    assert_non_null(fgets(line, LINE_SIZE, stream));
    return WEXITSTATUS(pclose(stream));
}

static void expect_status(pid_t pid, const char *command, int status, const char *wanted)
{
    char line[LINE_SIZE];
    int found = answer(pid, command, line);

    if (found != status || strstr(line, wanted) == NULL)
        fail_msg("not %d \"%s\" but %d \"%s\"", status, wanted, found, line);
}

static void expect_answer(pid_t pid, const char *command, const char *wanted)
{
    expect_status(pid, command, 1, wanted);
}

static void *say_number(void *pipe_end)
{
    pid_t number = gettid();

    if (write(*(int *)pipe_end, &number, sizeof number) == sizeof number)
        pause();
    return NULL;
}

static void test_who_cannot_be_asked(void **state)
{
    const char *command = getenv("LIGHTSSS_TEST_COMMAND");
    pthread_t thread;
    int ends[2];
    pid_t number;

    (void)state;
    assert_int_equal(ask(0), 2);
    assert_int_equal(ask(-1), 2);
    expect_answer(getpid(), command, "is no simulator with the library in it");
    pid_t dead = fork();
    if (dead == 0)
        _exit(0);
    waitid(P_PID, (id_t)dead, &(siginfo_t){0}, WEXITED | WNOWAIT);
    expect_answer(dead, command, "is no simulator with the library in it");
    waitpid(dead, NULL, 0);
    expect_answer(dead, command, "No such process");
    assert_int_equal(pipe2(ends, O_CLOEXEC), 0);
    assert_int_equal(pthread_create(&thread, NULL, say_number, &ends[1]), 0);
    assert_int_equal(read(ends[0], &number, sizeof number), sizeof number);
    expect_answer(number, command, "is a thread of process");
    pthread_cancel(thread);
    pthread_join(thread, NULL);
    close(ends[0]);
    close(ends[1]);
}

static void ask_as_nobody(pid_t pid, const char *command)
{
    char number[16];
    int status;

    snprintf(number, sizeof number, "%d", pid);
    pid_t child = fork();
    if (child == 0) {
        if (setgroups(0, NULL) != 0 || setgid(NOBODY) != 0 || setuid(NOBODY) != 0)
            _exit(2);
        execl(command, command, "wave", number, NULL);
        _exit(3);
    }
    assert_int_equal(waitpid(child, &status, 0), child);
    assert_int_equal(WEXITSTATUS(status), 1);
}

static void test_another_user(void **state)
{
    char directory[PATH_MAX], command[PATH_MAX + 32], text[3 * PATH_MAX];
    struct running running;
    struct outcome outcome;

    (void)state;
    if (geteuid() != 0) {
        print_message("only root can ask as another user\n");
        skip();
    }
    run_make_directory(directory);
    snprintf(command, sizeof command, "%s/lightsss", directory);
    snprintf(text, sizeof text, "cp '%s' '%s'", getenv("LIGHTSSS_TEST_COMMAND"), command);
    assert_int_equal(system(text), 0); /* NOLINT(cert-env33-c) */
    run_start_with_three(&running, LIST(TO_THREE, "eval:5", "exit:0"), EVERY_TEN);
    ask_as_nobody(running.pid, command);
    run_touch(&running, "go");
    run_wait(&running, &outcome);
    expect_exit(&outcome, 0);
    assert_string_equal(outcome.said, "");
    assert_null(outcome.run);
    run_discard(&outcome);
    run_remove_directory(directory);
}

/* The command says what became of the request. One that comes while another replays waits for it; a further
 * one is not taken. */
static void test_answers(void **state)
{
    const char *command = getenv("LIGHTSSS_TEST_COMMAND");
    struct running running;

    (void)state;
    run_start_with_three(&running, LIST(TO_THREE, "eval:5", "exit:0"),
                         LIST("LIGHTSSS_WAVE=off", "LIGHTSSS_INTERVAL=10evals", "LIGHTSSS_SLOTS=3",
                              "LIGHTSSS_WAKE_CALL=wake_await(\"release\")"));
    expect_status(running.pid, command, 0, "it says on its stderr where the waveform is");
    expect_status(running.pid, command, 0, "the waveform is made at an eval, when those before it are done");
    expect_status(running.pid, command, 1, "was asked before, and that waveform is not ready yet");
    run_touch(&running, "release");
    run_touch(&running, "go");
    expect_nth_report(&running, 1, "\"kind\": \"request\"");
    expect_nth_report(&running, 2, "\"kind\": \"request\", \"status\": null, \"signal\": null, \"eval\": 45");
    end(&running);
}

/* Where no eval begins, what a request waits for does not come: who asks again a second later gets it. */
static void test_request_while_it_hangs(void **state)
{
    const char *command = getenv("LIGHTSSS_TEST_COMMAND");
    char line[LINE_SIZE] = "";
    struct running running;
    struct outcome outcome;

    (void)state;
    run_start_with_three(
        &running, LIST(TO_THREE, "eval:100", "exit:0"),
        LIST("LIGHTSSS_WAVE=off", "LIGHTSSS_INTERVAL=10evals", "LIGHTSSS_SLOTS=3", "LIGHTSSS_AFTER=50evals"));
    expect_status(running.pid, command, 0, "when the evals of LIGHTSSS_AFTER have come");
    for (int tries = 0; tries < 300 && strstr(line, "it says on its stderr where") == NULL; tries++) {
        if (tries > 0)
            usleep(50000);
        answer(running.pid, command, line);
    }
    expect_nth_report(
        &running, 1,
        "\"kind\": \"request\", \"status\": null, \"signal\": null, \"eval\": 45, \"time\": 225");
    run_touch(&running, "go");
    run_wait(&running, &outcome); /* fails where there is a second one */
    expect_exit(&outcome, 0);
    assert_non_null(
        strstr(outcome.said, "a waveform up to eval 45 is asked for: it is made when the 50 evals"));
    assert_non_null(strstr(outcome.said, "the waveform that is asked for waits no longer"));
    run_discard(&outcome);
}

/* What comes after a request is as without it. */
static void test_failure_after_request(void **state)
{
    struct running running;
    struct outcome outcome;

    (void)state;
    run_start_with_three(&running, LIST(TO_THREE, "eval:5", "exit:3"), EVERY_TEN);
    kill(running.pid, SIGUSR1);
    expect_nth_report(&running, 1, "\"kind\": \"request\"");
    char path[PATH_MAX + 64];
    snprintf(path, sizeof path, "%s/lightsss/fake_simulator.%d", running.directory, running.pid);
    run_remove_directory(path);
    run_touch(&running, "go");
    run_wait(&running, &outcome);
    expect_exit(&outcome, 3);
    expect_said(&outcome, LIST(REPLAY, REPLAY));
    expect_in_report(&outcome, "\"kind\": \"exit\", \"status\": 3");
    expect_in_report(&outcome, "\"number\": 3, \"eval\": 20");
    run_discard(&outcome);
}

/* Sent by itself, SIGUSR1 ends the simulator as ever, and that is no failure. */
static void test_own_signal(void **state)
{
    const struct program program = {.arguments = LIST("eval:5", "raise:USR1"), .preload = true};
    struct outcome outcome;

    (void)state;
    run_program(&program, &outcome);
    assert_true(WIFSIGNALED(outcome.status) && WTERMSIG(outcome.status) == SIGUSR1);
    assert_string_equal(outcome.said, "");
    assert_null(outcome.run);
    run_discard(&outcome);
}

/* What it does not know it does not tell: so it may be one of two. */
static void check_hang(const char *step, const char *where, const char *otherwise)
{
    const char *const steps[] = {"eval:45", "touch:ready", step, "exit:0", NULL};
    struct running running;
    struct outcome outcome;

    start(&running, steps, LIST("LIGHTSSS_WAVE=off", "LIGHTSSS_INTERVAL=10evals", "LIGHTSSS_HANG=500ms"));
    expect_nth_report(&running, 1, "\"kind\": \"hang\"");
    run_wait(&running, &outcome);
    expect_exit(&outcome, 0);
    if (strstr(outcome.report, where) == NULL && strstr(outcome.report, otherwise) == NULL)
        fail_msg("not said: %s\n%s", where, outcome.report);
    run_discard(&outcome);
}

static void test_hang(void **state)
{
    (void)state;
    check_hang("sleep:4000", "in usleep, called from fake_run", "nanosleep, called from fake_run");
    check_hang("in:sleep:4000", "in usleep, called from fake_run", "nanosleep, called from fake_run");
    /* It waits in a function of libc that has no name; no other's is told. */
    check_hang("nobody_posts:4000", "it hangs in do_nobody_posts",
               "it hangs in sem_timedwait, called from do_nobody_posts");
    check_hang("spin:4000", "do_spin", "do_spin");
}

/* Evals that take too long one after another are not replayed all at once. */
static void test_many_hangs(void **state)
{
    struct running running;
    struct outcome outcome;
    const char *said;

    (void)state;
    start(&running,
          LIST("eval:3", "touch:ready", "sleep:300", "eval:1", "sleep:300", "eval:1", "sleep:300", "exit:0"),
          LIST("LIGHTSSS_WAVE=off", "LIGHTSSS_INTERVAL=1h", "LIGHTSSS_HANG=50ms",
               "LIGHTSSS_WAKE_CALL=usleep(3000000)"));
    run_wait(&running, &outcome);
    expect_exit(&outcome, 0);
    said = strstr(outcome.said, " hangs: ");
    assert_non_null(said);
    assert_null(strstr(said + 1, " hangs: "));
    run_discard(&outcome);
}

/* The masks of processors of all threads of a process, as the kernel has them, are those; false: it is gone,
 * or its threads do not exist yet. */
static bool has_masks(pid_t pid, unsigned threads, const char *masks)
{
    char path[64], line[4096];
    unsigned seen = 0, alike = 0;

    snprintf(path, sizeof path, "/proc/%d/task", pid);
    DIR *tasks = opendir(path);
    if (tasks == NULL)
        return false;
    for (const struct dirent *task; (task = readdir(tasks)) != NULL;) {
        if (*task->d_name == '.')
            continue;
        snprintf(path, sizeof path, "/proc/%d/task/%.20s/status", pid, task->d_name);
        FILE *status = fopen(path, "re");
        seen++;
        while (status != NULL && fgets(line, sizeof line, status) != NULL)
            if (strncmp(line, "Cpus_allowed:", 13) == 0)
                alike += strcmp(line, masks) == 0;
        if (status != NULL)
            fclose(status);
    }
    closedir(tasks);
    return seen == threads && alike == threads;
}

/* The line of this process. */
static void read_masks(char *masks, size_t size)
{
    FILE *status = fopen("/proc/self/status", "re");

    assert_non_null(status);
    while (fgets(masks, (int)size, status) != NULL && strncmp(masks, "Cpus_allowed:", 13) != 0)
        continue;
    fclose(status);
}

/* Threads that are pinned are so in the original alone; the replay only believes it. */
static void test_processors(void **state)
{
    pid_t snapshots[RUN_SNAPSHOTS_MAX];
    struct running running;
    char masks[4096] = "";
    bool was_free = false;
    cpu_set_t all;

    (void)state;
    assert_int_equal(sched_getaffinity(0, sizeof all, &all), 0);
    if (CPU_COUNT(&all) < 2) {
        print_message("one processor: not tested\n");
        skip();
    }
    read_masks(masks, sizeof masks);
    start(&running,
          LIST("worker", "pin:0", "eval:5", "processors", "pin:1", "processors", "pin:0", "eval:300000",
               "touch:ready", "await:go", "exit:0"),
          LIST("LIGHTSSS_WAVE=off", "LIGHTSSS_INTERVAL=1000000000evals", "LIGHTSSS_WINDOW=all"));
    assert_int_equal(run_snapshots(running.pid, snapshots), 1);
    kill(running.pid, SIGUSR1);
    for (int tries = 0; tries < 100000 && !was_free; tries++) {
        was_free = has_masks(first_child(snapshots[0], NULL), 2, masks);
        usleep(100);
    }
    assert_true(was_free);
    assert_false(has_masks(running.pid, 2, masks));
    expect_nth_report(&running, 1, "\"kind\": \"request\"");
    end(&running);
}

/* Who is stopped does not hang. */
static void test_stopped(void **state)
{
    struct running running;
    struct outcome outcome;

    (void)state;
    start(&running, LIST("eval:45", "touch:ready", "await:go", "exit:0"),
          LIST("LIGHTSSS_WAVE=off", "LIGHTSSS_HANG=700ms"));
    run_await_snapshots(&running, 1);
    kill(running.pid, SIGSTOP);
    sleep(2);
    kill(running.pid, SIGCONT);
    run_touch(&running, "go");
    run_wait(&running, &outcome);
    expect_exit(&outcome, 0);
    assert_string_equal(outcome.said, "");
    run_discard(&outcome);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_signal),
        cmocka_unit_test(test_evicted),
        cmocka_unit_test(test_command),
        cmocka_unit_test(test_who_cannot_be_asked),
        cmocka_unit_test(test_another_user),
        cmocka_unit_test(test_failure_after_request),
        cmocka_unit_test(test_own_signal),
        cmocka_unit_test(test_hang),
        cmocka_unit_test(test_stopped),
        cmocka_unit_test(test_processors),
        cmocka_unit_test(test_many_hangs),
        cmocka_unit_test(test_answers),
        cmocka_unit_test(test_request_while_it_hangs),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
