/* SPDX-License-Identifier: MIT */
/* Names of ends and signals: those of the CONTRACT and of the system. */
#include "unit.h"

#include <signal.h>
#include <stdio.h>
#include <string.h>

#include "options/end.h"

static void kinds_have_the_names_of_the_contract(void **state)
{
    (void)state;
    assert_string_equal(end_kind_name(END_NONE), "none");
    assert_string_equal(end_kind_name(END_EXIT), "exit");
    assert_string_equal(end_kind_name(END_ABORT), "abort");
    assert_string_equal(end_kind_name(END_SIGNAL), "signal");
    assert_string_equal(end_kind_name(END_KILL), "kill");
    assert_string_equal(end_kind_name(END_HANG), "hang");
    assert_string_equal(end_kind_name(END_FINISH), "finish");
    assert_string_equal(end_kind_name(END_AT), "at");
    assert_string_equal(end_kind_name(END_TRIGGER), "trigger");
    assert_true(end_is_point(END_AT) && end_is_point(END_TRIGGER) && end_is_point(END_REQUEST));
    assert_false(end_is_point(END_HANG) || end_is_point(END_FINISH) || end_is_point(END_NONE));
    assert_string_equal(end_kind_name((enum end_kind)99), "none");
}

/* sigabbrev_np() would be the judge, but older C libraries lack it: the fatal signals of the CONTRACT are
 * listed. */
static void fatal_signals_have_names(void **state)
{
    static const struct {
        int number;
        const char *name;
    } expected[] = {
        {SIGABRT, "SIGABRT"}, {SIGSEGV, "SIGSEGV"}, {SIGBUS, "SIGBUS"},   {SIGILL, "SIGILL"},
        {SIGFPE, "SIGFPE"},   {SIGTRAP, "SIGTRAP"}, {SIGSYS, "SIGSYS"},   {SIGXCPU, "SIGXCPU"},
        {SIGTERM, "SIGTERM"}, {SIGINT, "SIGINT"},   {SIGHUP, "SIGHUP"},   {SIGXFSZ, "SIGXFSZ"},
        {SIGQUIT, "SIGQUIT"}, {SIGKILL, "SIGKILL"}, {SIGUSR1, "SIGUSR1"},
    };

    (void)state;
    for (size_t i = 0; i < COUNT_OF(expected); i++)
        assert_string_equal(end_signal_name(expected[i].number), expected[i].name);
}

static void other_numbers_have_no_name(void **state)
{
    (void)state;
    assert_null(end_signal_name(0));
    assert_null(end_signal_name(-1));
    assert_null(end_signal_name(SIGRTMIN));
    assert_null(end_signal_name(100000));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(kinds_have_the_names_of_the_contract),
        cmocka_unit_test(fatal_signals_have_names),
        cmocka_unit_test(other_numbers_have_no_name),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
