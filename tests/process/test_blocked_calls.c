/* SPDX-License-Identifier: MIT */
/* No system call of the simulator's ends otherwise because snapshots were taken while it was blocked: each
 * call of the library's table, in each way of making it, says what it says without the library, and after the
 * same time. */
#define _GNU_SOURCE
#include "expect.h"
#include "process.h"
#include "run_program.h"
#include "snapshot/threads/threads_signal.h"

#include <dirent.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#define SNAPSHOTS 50

static long snapshots_of(const struct outcome *outcome)
{
    const char *found =
        outcome->report == NULL ? NULL : strstr(outcome->report, "\"cost\": { \"snapshots\": ");

    return found == NULL ? 0 : strtol(found + strlen("\"cost\": { \"snapshots\": "), NULL, 10);
}

/* The report tells how many snapshots there were; so the run ends with a failure, of which nothing is
 * replayed. */
static struct program program_of(const char *const *steps, bool preload)
{
    static const char *const often[] = {"LIGHTSSS_WAVE=off", "LIGHTSSS_INTERVAL=8ms", "LIGHTSSS_BUDGET=100%",
                                        NULL};

    return (struct program){.arguments = steps, .environment = often, .preload = preload};
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
    expect_exit(&expected, 3);
    expect_exit(&found, 3);
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

/* A call that does not wait says what it says, stopped or not. */
static void test_without_waiting(void **state)
{
    (void)state;
    expect_same("no_queue:1000");
}

/* By the signal, or as the command does. A thread that is gone meanwhile does not matter. */
static void ask(pid_t pid, pid_t thread, bool by_command)
{
    siginfo_t info = {.si_code = SI_QUEUE};

    info.si_pid = getpid();
    info.si_value.sival_ptr = (void *)(uintptr_t)THREADS_REQUEST; /* NOLINT(performance-no-int-to-ptr) */
    if (by_command)
        syscall(SYS_rt_tgsigqueueinfo, pid, thread, THREADS_SIGNAL, &info);
    else
        syscall(SYS_tgkill, pid, thread, SIGUSR1);
}

static void ask_all_threads(pid_t pid, bool by_command)
{
    char path[32];
    const struct dirent *entry;

    snprintf(path, sizeof path, "/proc/%d/task", pid);
    DIR *directory = opendir(path);
    while (directory != NULL && (entry = readdir(directory)) != NULL)
        if (*entry->d_name != '.')
            ask(pid, (pid_t)strtol(entry->d_name, NULL, 10), by_command);
    if (directory != NULL)
        closedir(directory);
}

static bool has_ended(pid_t pid)
{
    siginfo_t info = {.si_pid = 0};

    return waitid(P_PID, (id_t)pid, &info, WEXITED | WNOHANG | WNOWAIT) != 0 || info.si_pid != 0;
}

/* Nor because a waveform was asked for, of whichever thread. Where the snapshot is gone nothing else is in
 * the way of the calls. */
static void check_asked(const char *step)
{
    const struct program with = {.arguments = LIST(step, "exit:3"),
                                 .environment = LIST("LIGHTSSS_WAVE=off", "LIGHTSSS_INTERVAL=1h"),
                                 .preload = true},
                         without = program_of(with.arguments, false);
    struct outcome expected, found;
    pid_t snapshots[RUN_SNAPSHOTS_MAX];
    struct running running;
    unsigned asked = 0;

    run_program(&without, &expected);
    run_start(&running, &with);
    run_await_snapshots(&running, 1);
    for (int i = run_snapshots(running.pid, snapshots); i > 0; i--)
        kill(snapshots[i - 1], SIGKILL);
    for (; !has_ended(running.pid); asked++) {
        ask_all_threads(running.pid, asked % 2 != 0);
        usleep(20000);
    }
    run_wait(&running, &found);
    expect_exit(&expected, 3);
    expect_exit(&found, 3);
    assert_true(asked >= 2); /* in either way; how often depends on how busy the machine is */
    if (strcmp(expected.out, found.out) != 0)
        fail_msg("asked:\n%s%swithout:\n%s%s", found.out, found.err, expected.out, expected.err);
    run_discard(&expected);
    run_discard(&found);
}

static void test_while_asked(void **state)
{
    (void)state;
    check_asked("blocked_calls:libc");
    check_asked("blocked_calls:syscall");
    check_asked("blocked_calls:inlined");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_by_libc),        cmocka_unit_test(test_by_syscall),
        cmocka_unit_test(test_by_instruction), cmocka_unit_test(test_without_waiting),
        cmocka_unit_test(test_while_asked),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
