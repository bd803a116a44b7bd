/* SPDX-License-Identifier: MIT */
/* Threads that a stop by a signal could harm, or that cannot be stopped in this way: small stacks, small
 * signal stacks, a main thread that has left, threads of the kernel's own, calls that the simulator itself
 * interrupts by signals. */
#include "expect.h"
#include "process.h"
#include "run_program.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

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

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_thread_on_one_page), cmocka_unit_test(test_small_signal_stack),
        cmocka_unit_test(test_main_has_left),      cmocka_unit_test(test_thread_of_the_kernel),
        cmocka_unit_test(test_signals_interrupt),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
