/* SPDX-License-Identifier: MIT */
/* Threads that a stop by a signal could harm, or that cannot be stopped in this way: small stacks, small
 * signal stacks, a main thread that has left, threads of the kernel's own, calls that the simulator itself
 * interrupts by signals, one that ends the process. */
#include "expect.h"
#include "process.h"
#include "run_program.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define LATE_TRIES 50u

static void run(const char *const *steps, bool preload, struct outcome *outcome)
{
    const struct program program = {
        .arguments = steps,
        .environment = LIST("LIGHTSSS_WAVE=off", "LIGHTSSS_INTERVAL=10evals"),
        .preload = preload,
    };

    run_program(&program, outcome);
}

/* What the simulator prints, and its end, are those of a run without the library. */
static void expect_same(const char *const *steps, struct outcome *with)
{
    struct outcome without;

    run(steps, false, &without);
    run(steps, true, with);
    if (with->timed_out || with->status != without.status || with->left != 0 ||
        strcmp(with->out, without.out) != 0)
        fail_msg("with the library, wait status %#x, %d are left:\n%s%s%swithout, %#x:\n%s%s",
                 (unsigned)with->status, with->left, with->out, with->err, with->said,
                 (unsigned)without.status, without.out, without.err);
    run_discard(&without);
}

static void check(const char *const *steps)
{
    struct outcome with;

    expect_same(steps, &with);
    expect_reproduced(&with);
    run_discard(&with);
}

/* The signal's frame is larger than what is left of the page that the thread runs on. */
static void test_thread_on_one_page(void **state)
{
    (void)state;
    check(LIST("coroutine:with signal stack", "eval:45", "coroutine_turn", "eval:45", "coroutine_turn",
               "eval:8", "coroutine_turn", "exit:1"));
    check(LIST("coroutine", "eval:45", "coroutine_turn", "eval:8", "coroutine_turn", "exit:1"));
}

/* ... and larger than a small signal stack: as long as there is one, there are no snapshots. */
static void test_small_signal_stack(void **state)
{
    struct outcome with;

    (void)state;
    expect_same(LIST("tiny_stack", "eval:45", "exit:1"), &with);
    if (strstr(with.said, "one has an alternate signal stack that is too small") == NULL)
        fail_msg("nothing is said of it:\n%s", with.said);
    run_discard(&with);
    check(LIST("tiny_stack", "eval:45", "tiny_stack_leaves", "sleep:100", "eval:20", "exit:1"));
}

static void test_main_has_left(void **state)
{
    (void)state;
    check(LIST("main_leaves:eval:45+say:before+eval:8+exit:1"));
}

static void test_thread_of_the_kernel(void **state)
{
    (void)state;
    check(LIST("ring_worker", "eval:45", "exit:1"));
}

/* A signal that comes while its thread stands still for a snapshot interrupts the thread's call as ever. */
static void test_signals_interrupt(void **state)
{
    struct outcome with;

    (void)state;
    expect_same(LIST("sleeper:pause", "interrupt_sleeper:300", "exit:0"), &with);
    run_discard(&with);
    expect_same(LIST("sleeper:read", "interrupt_sleeper:300", "exit:0"), &with);
    run_discard(&with);
}

/* While a thread comes to end the process another one takes a snapshot, as it does mostly. That one does not
 * take the place of the one that there is. */
static bool gives_up_late(void)
{
    const struct program program = {
        .arguments = LIST("worker", "eval:3", "tell:eval:1000000", "pause_us:20000", "exit:3"),
        .environment =
            LIST("LIGHTSSS_WAVE=off", "LIGHTSSS_INTERVAL=1evals", "LIGHTSSS_SLOTS=1", "LIGHTSSS_LOG=debug"),
        .preload = true,
    };
    struct outcome with;
    char unwanted[64];

    run_program(&program, &with);
    const char *end = strstr(with.said, " is given up: the simulator has begun to end"), *start = end;
    while (start != NULL && start > with.said && start[-1] != ' ')
        start--;
    if (start != NULL) {
        snprintf(unwanted, sizeof unwanted, "\"snapshot\": { \"number\": %ld,", strtol(start, NULL, 10));
        expect_in_report(&with, "\"snapshot\": { \"number\": ");
        assert_null(strstr(with.report, unwanted));
    }
    assert_int_equal(with.status, 3 << 8);
    run_discard(&with);
    return start != NULL;
}

static void test_late_snapshot(void **state)
{
    unsigned tries = 1;

    (void)state;
    while (!gives_up_late())
        if (tries++ == LATE_TRIES)
            fail_msg("no snapshot is given up where the process ends");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_thread_on_one_page), cmocka_unit_test(test_small_signal_stack),
        cmocka_unit_test(test_main_has_left),      cmocka_unit_test(test_thread_of_the_kernel),
        cmocka_unit_test(test_signals_interrupt),  cmocka_unit_test(test_late_snapshot),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
