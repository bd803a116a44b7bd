/* SPDX-License-Identifier: MIT */
/* Signals that a handler of the simulator took where its replay does not come by, or on another thread: they
 * are told again in their turn. */
#define _GNU_SOURCE
#include "expect.h"
#include "process.h"
#include "run_program.h"

#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

#define HANDLED "handler of USR1"

static void expect_end(const struct outcome *outcome, int end)
{
    if (end == SIGABRT)
        expect_signal(outcome, end);
    else
        expect_exit(outcome, end);
}

/* From there on, the replay has printed what the original did. */
static void expect_told(const struct outcome *outcome, const char *from)
{
    const char *printed = strstr(outcome->out, from);

    assert_non_null(printed);
    assert_non_null(strstr(printed, HANDLED));
    expect_reproduced(outcome);
    assert_string_equal(outcome->replay_out, printed);
}

/* Until its first thread is in read(). */
static void await_reading(pid_t pid)
{
    char path[32], line[16];

    snprintf(path, sizeof path, "/proc/%d/syscall", pid);
    for (int tries = 0; tries < 10000; tries++) {
        FILE *file = fopen(path, "re");
        assert_non_null(file);
        bool is_reading = fgets(line, sizeof line, file) != NULL && strncmp(line, "0 ", 2) == 0;
        fclose(file);
        if (is_reading)
            return;
        usleep(1000);
    }
    fail_msg("it does not read");
}

static void check(const char *const *steps, int end, const char *from, bool reads)
{
    const struct program program = {.arguments = steps, .preload = true};
    struct running running;
    struct outcome outcome;

    run_start(&running, &program);
    run_await_file(&running, "ready");
    if (reads)
        await_reading(running.pid);
    kill(running.pid, SIGUSR1);
    if (reads)
        run_await_file(&running, "handled");
    run_touch(&running, "go");
    run_wait(&running, &outcome);
    expect_end(&outcome, end);
    expect_told(&outcome, from);
    run_discard(&outcome);
}

#define ELSEWHERE "signal:USR1", "eval:3", "if_original:touch:ready+await:go"

static void test_at_the_end(void **state)
{
    (void)state;
    check(LIST(ELSEWHERE, "exit:3"), 3, HANDLED, false);
    check(LIST(ELSEWHERE, "_exit:3"), 3, HANDLED, false);
    check(LIST(ELSEWHERE, "quick_exit:3"), 3, HANDLED, false);
    check(LIST(ELSEWHERE, "exit_group:3"), 3, HANDLED, false);
    check(LIST(ELSEWHERE, "abort"), SIGABRT, HANDLED, false);
}

/* Before what the original read, or evaluated, later. */
static void test_in_its_turn(void **state)
{
    (void)state;
    check(LIST("pipe", "far_write:hello", ELSEWHERE, "read:3", "exit:3"), 3, HANDLED, false);
    check(LIST(ELSEWHERE, "eval:1", "mask", "exit:3"), 3, HANDLED, false);
}

/* Another thread is given it, while the one that evals waits for input: not before that had gone so far. */
static void test_of_another_thread(void **state)
{
    (void)state;
    check(LIST("pipe", "fork:await:go+far_write:hello", "thread:hang", "block:USR1",
               "action:USR1:plain:touch:handled", "eval:3", "say:waits for input", "touch:ready", "read:3",
               "exit:3"),
          3, "waits for input", true);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_at_the_end),
        cmocka_unit_test(test_in_its_turn),
        cmocka_unit_test(test_of_another_thread),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
