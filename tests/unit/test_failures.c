/* SPDX-License-Identifier: MIT */
/* LIGHTSSS_ON: kinds of ends, and what is taken out of them. */
#include <setjmp.h>
#include <signal.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>

#include <cmocka.h>

#include "options/failures.h"

static struct failures parsed(const char *string)
{
    struct failures failures = {0};

    assert_true(failures_parse(string, &failures));
    return failures;
}

static bool includes(const char *string, enum end_kind kind, int number)
{
    const struct failures failures = parsed(string);
    struct end end = {.kind = kind};

    if (kind == END_EXIT || kind == END_FINISH)
        end.status = number;
    else
        end.signal = number;
    return failures_include(&failures, &end);
}

static void kinds(void **state)
{
    (void)state;
    assert_int_equal(parsed("exit").kinds, FAILURE_EXIT);
    assert_int_equal(parsed("abort,finish").kinds, FAILURE_ABORT | FAILURE_FINISH);
    assert_int_equal(parsed("all").kinds, FAILURE_ALL);
    assert_true(includes("kill", END_KILL, SIGKILL));
    assert_false(includes("kill", END_EXIT, 1));
}

static void taken_out(void **state)
{
    (void)state;
    assert_int_equal(parsed("-kill").kinds, FAILURE_DEFAULT & ~FAILURE_KILL);
    assert_int_equal(parsed("all,-kill,-finish").kinds, FAILURE_ALL & ~(FAILURE_KILL | FAILURE_FINISH));
    assert_int_equal(parsed("exit,-exit,abort").kinds, FAILURE_ABORT);
    assert_false(includes("-SIGINT", END_SIGNAL, SIGINT));
    assert_true(includes("-SIGINT", END_SIGNAL, SIGTERM));
    assert_true(includes("-SIGINT", END_EXIT, SIGINT));
    assert_false(includes("-SIGABRT", END_ABORT, SIGABRT));
    assert_false(includes("-SIGKILL,-SIGTERM", END_KILL, SIGKILL));
    assert_false(includes("-exit:77,-exit:255", END_EXIT, 77));
    assert_false(includes("-exit:77,-exit:255", END_EXIT, 255));
    assert_true(includes("-exit:77", END_EXIT, 78));
    assert_true(includes("-exit:77", END_SIGNAL, 77 % 64));
    assert_false(includes("all,-exit:0", END_FINISH, 0));
}

/* Wherever they stand, and however often. */
static void order(void **state)
{
    (void)state;
    assert_int_equal(parsed("-kill,kill").kinds, FAILURE_DEFAULT);
    assert_int_equal(parsed("all,-kill,kill,-kill").kinds, FAILURE_ALL & ~FAILURE_KILL);
    assert_int_equal(parsed("-exit,-abort,-signal,-kill").kinds, 0);
    assert_int_equal(parsed("-exit:77,hang").kinds, FAILURE_DEFAULT | FAILURE_HANG);
    assert_false(includes("exit,-exit:77,-exit:77,exit", END_EXIT, 77));
    assert_false(includes("-SIGINT,exit,signal", END_SIGNAL, SIGINT));
    assert_false(includes("exit,signal,-SIGINT", END_SIGNAL, SIGINT));
    assert_true(includes("exit,-SIGINT,signal", END_SIGNAL, SIGTERM));
    assert_false(includes("-SIGINT,-exit:77,-kill", END_KILL, SIGKILL));
    assert_true(includes("-SIGINT,-exit:77,-kill", END_EXIT, 7));
    assert_false(includes("exit,-exit:1", END_ABORT, SIGABRT));
}

/* Each alone: it and no other. */
static void statuses(void **state)
{
    char value[32];

    (void)state;
    for (int out = 0; out < 256; out++) {
        (void)snprintf(value, sizeof value, "all,-exit:%d", out);
        for (int status = 0; status < 256; status++)
            assert_int_equal(includes(value, status == 0 ? END_FINISH : END_EXIT, status), status != out);
    }
}

static void check_signal(const char *name, int out)
{
    char value[32];

    (void)snprintf(value, sizeof value, "all,-%s", name);
    for (int signal = 1; signal <= 64; signal++)
        assert_int_equal(includes(value, END_SIGNAL, signal), signal != out);
    assert_true(includes(value, END_HANG, 0));
}

static void signals(void **state)
{
    char name[32];

    (void)state;
    for (int signal = 1; signal <= 64; signal++) {
        (void)snprintf(name, sizeof name, "%d", signal);
        check_signal(name, signal);
        if (end_signal_name(signal) != NULL)
            check_signal(end_signal_name(signal), signal);
    }
    for (int i = 0; i <= SIGRTMAX - SIGRTMIN; i++) {
        (void)snprintf(name, sizeof name, "SIGRTMIN+%d", i);
        check_signal(name, SIGRTMIN + i);
        (void)snprintf(name, sizeof name, "SIGRTMAX-%d", i);
        check_signal(name, SIGRTMAX - i);
    }
    check_signal("SIGRTMIN", SIGRTMIN);
    check_signal("SIGRTMAX", SIGRTMAX);
    assert_true(includes("-SIGINT,-15", END_SIGNAL, SIGQUIT));
    assert_false(includes("-SIGINT,-15", END_SIGNAL, SIGTERM));
}

static void refused(void **state)
{
    static const char *const bad[] = {
        "",
        ",",
        "-",
        "exit,",
        "crash",
        "-all",
        "-crash",
        "-SIG",
        "-INT",
        "SIGINT",
        "-exit:",
        "-exit:256",
        "-exit:7x",
        "-exit:99999999999999999999",
        "exit:77",
        "-abort:1",
        "--kill",
        "exit,,abort",
        " exit",
        "none",
        "request",
        "-request",
        "-65",
        "-SIGRTMIN+",
        "-1x",
        "-SIGRTMIN+31",
        "15",
        "-SIGRTMAX+1",
        "-SIGRTMIN+1x",
        "-SIGFOO",
        "-99999999999999999999",
        "-SIGRTMIN-1",
    };
    struct failures failures;

    (void)state;
    for (size_t i = 0; i < sizeof bad / sizeof *bad; i++)
        if (failures_parse(bad[i], &failures))
            fail_msg("accepted: \"%s\"", bad[i]);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(kinds),    cmocka_unit_test(taken_out), cmocka_unit_test(order),
        cmocka_unit_test(statuses), cmocka_unit_test(signals),   cmocka_unit_test(refused),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
