/* SPDX-License-Identifier: MIT */
/* LIGHTSSS_WAKE_CALL: functions are found and called with their arguments, in the replay only; one that ends
 * badly does not end the replay. */
#define _GNU_SOURCE
#include "compare.h"
#include "expect.h"
#include "process.h"

#include <stdio.h>
#include <string.h>

static void run(const char *call, const char *const *steps, struct outcome *outcome)
{
    char variable[256];
    const struct program program = {
        .arguments = steps, .environment = LIST("LIGHTSSS_WAVE=off", variable), .preload = true};

    snprintf(variable, sizeof variable, "LIGHTSSS_WAKE_CALL=%s", call);
    print_message("%s\n", variable);
    run_program(&program, outcome);
    assert_false(outcome->timed_out);
    expect_reproduced(outcome);
}

static void check_printed(const char *call, const char *printed)
{
    struct outcome outcome;

    run(call, LIST("eval:3", "level", "exit:3"), &outcome);
    assert_string_equal(outcome.out, "level 0\n");
    if (strcmp(outcome.replay_out, printed) != 0)
        fail_msg("%s printed\n%s", call, outcome.replay_out);
    assert_int_equal(strstr(outcome.report, "what it printed was not compared") != NULL, *call != '\0');
    assert_null(strstr(outcome.report, "went on without it"));
    expect_said(&outcome,
                LIST("fake_simulator (pid ", "the oldest checkpoint", "replay reproduced", "no waveform"));
    run_discard(&outcome);
}

static void test_calls(void **state)
{
    (void)state;
    check_printed("wake_level(7)", "level 7\n");
    check_printed("wake_level(7); wake_level(-2);", "level -2\n");
    check_printed("wake_print(-5, \"a b\", 1.5, 'x', 0x10, 2e1)", "-5 a b 1.5 x 16 20\nlevel 0\n");
    check_printed("puts(\"by libc\"); fflush(NULL)", "by libc\nlevel 0\n");
    check_printed("", "level 0\n");
}

static void check_noted(const char *call, const char *const *steps, const char *note)
{
    char calls[128];
    struct outcome outcome;

    snprintf(calls, sizeof calls, "%s; wake_level(1)", call);
    run(calls, steps, &outcome);
    if (strstr(outcome.report, note) == NULL)
        fail_msg("%s: no %s in\n%s", call, note, outcome.report);
    assert_string_equal(outcome.out, "level 0\n");
    if (strstr(outcome.replay_out, "level 1\n") == NULL)
        fail_msg("%s: the replay printed\n%s", call, outcome.replay_out);
    run_discard(&outcome);
}

/* The replay goes on, and makes the next call. */
static void test_bad_ends(void **state)
{
    static const struct {
        const char *call, *note;
    } cases[] = {
        {"wake_crash()", "wake_crash() ended with SIGSEGV; the replay went on without it"},
        {"wake_fault(16)", "wake_fault() ended with SIGSEGV"},
        {"wake_abort()", "wake_abort() ended with SIGABRT"},
        {"wake_throw(\"x\")", "wake_throw() ended with SIGABRT"},
        {"wake_exit(3)", "wake_exit() ended with exit status 3"},
        {"wake_leave(4)", "wake_leave() ended with exit status 4"},
        {"quick_exit(5)", "quick_exit() ended with exit status 5"},
    };
    static const char *const plain[] = {"eval:3", "level", "exit:3", NULL};
    static const char *const blocked[] = {"block_faults", "eval:3", "level", "exit:3", NULL};
    static const char *const handled[] = {"action:SEGV:plain:_exit:9",
                                          "action:ABRT:plain:_exit:9",
                                          "atexit:print:late",
                                          "eval:3",
                                          "level",
                                          "exit:3",
                                          NULL};

    (void)state;
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        check_noted(cases[i].call, plain, cases[i].note);
        check_noted(cases[i].call, blocked, cases[i].note);
    }
    for (size_t i = 0; i < 4; i++) {
        struct outcome outcome;
        run(cases[i].call, handled, &outcome);
        assert_non_null(strstr(outcome.report, cases[i].note));
        run_discard(&outcome);
    }
}

/* The failure comes after it, as ever. */
static void test_fault_of_the_simulator(void **state)
{
    struct outcome outcome;

    (void)state;
    run("wake_fault(16)", LIST("eval:3", "segv"), &outcome);
    run_discard(&outcome);
    run("wake_fault(16)", LIST("worker", "eval:3", "work:abort"), &outcome);
    run_discard(&outcome);
}

static void test_unknown_name(void **state)
{
    struct outcome outcome;

    (void)state;
    run("wake_levle(3)", LIST("eval:3", "level", "exit:3"), &outcome);
    expect_said(&outcome,
                LIST("fake_simulator (pid ", "the oldest checkpoint",
                     "LIGHTSSS_WAKE_CALL: there is no function wake_levle in the program and its libraries",
                     "replay reproduced", "no waveform"));
    assert_non_null(strstr(outcome.said, "; did you mean wake_level?"));
    expect_in_report(&outcome, "\"LIGHTSSS_WAKE_CALL: there is no function wake_levle ");
    assert_string_equal(outcome.replay_out, "level 0\n");
    run_discard(&outcome);
}

/* It may be that of a library that is opened late: a line belongs to a failure. */
static void test_unknown_name_without_a_failure(void **state)
{
    const struct program program = {.arguments = LIST("eval:3", "exit:0"),
                                    .environment = LIST("LIGHTSSS_WAKE_CALL=wake_levle(3)"),
                                    .preload = true};
    struct outcome outcome;

    (void)state;
    run_program(&program, &outcome);
    assert_int_equal(outcome.status, 0);
    assert_string_equal(outcome.said, "");
    run_discard(&outcome);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_calls),
        cmocka_unit_test(test_bad_ends),
        cmocka_unit_test(test_fault_of_the_simulator),
        cmocka_unit_test(test_unknown_name),
        cmocka_unit_test(test_unknown_name_without_a_failure),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
