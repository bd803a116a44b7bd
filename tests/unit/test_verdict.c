/* SPDX-License-Identifier: MIT */
/* The verdict of every pair of ends that can happen, and its words. */
#include "unit.h"

#include <signal.h>
#include <string.h>

#include "run/verdict.h"

static char why_bytes[256];

static enum verdict decide(struct end original, struct end replay)
{
    struct text why;

    why = text_in(why_bytes, sizeof(why_bytes));
    return verdict_decide(&original, &replay, "", &why);
}

static const struct end exit_3 = {.kind = END_EXIT, .status = 3, .eval = 1000};
static const struct end aborted = {.kind = END_ABORT, .signal = SIGABRT, .eval = 1000};
static const struct end crashed = {.kind = END_SIGNAL, .signal = SIGSEGV, .eval = 1000};
static const struct end killed = {.kind = END_KILL, .signal = SIGKILL, .eval = 1000};
static const struct end hung = {.kind = END_HANG, .eval = 1000};
static const struct end finished = {.kind = END_FINISH, .eval = 1000};

static struct end at_eval(struct end end, uint64_t eval)
{
    end.eval = eval;
    return end;
}

static void the_same_end_is_reproduced(void **state)
{
    const struct end ends[] = {exit_3, aborted, crashed, killed, hung, finished};

    (void)state;
    for (size_t i = 0; i < COUNT_OF(ends); i++) {
        assert_int_equal(decide(ends[i], ends[i]), VERDICT_REPRODUCED);
        assert_string_equal(why_bytes, "");
    }
}

static void another_kind_diverged(void **state)
{
    const struct end ends[] = {exit_3, aborted, crashed, hung, finished};

    (void)state;
    for (size_t i = 0; i < COUNT_OF(ends); i++) {
        for (size_t j = 0; j < COUNT_OF(ends); j++) {
            if (i != j)
                assert_int_equal(decide(ends[i], ends[j]), VERDICT_DIVERGED);
        }
    }
    decide(aborted, exit_3);
    assert_string_equal(why_bytes,
                        "the replay ended with exit status 3 at eval 1000, the original with SIGABRT "
                        "at eval 1000");
}

static void another_status_or_signal_diverged(void **state)
{
    struct end exit_4 = exit_3;
    struct end bus = crashed;

    (void)state;
    exit_4.status = 4;
    bus.signal = SIGBUS;
    assert_int_equal(decide(exit_3, exit_4), VERDICT_DIVERGED);
    assert_non_null(strstr(why_bytes, "exit status 4"));
    assert_int_equal(decide(crashed, bus), VERDICT_DIVERGED);
    assert_non_null(strstr(why_bytes, "SIGBUS"));
    bus.signal = 40;
    decide(crashed, bus);
    assert_non_null(strstr(why_bytes, "signal 40"));
}

static void another_eval_diverged(void **state)
{
    (void)state;
    assert_int_equal(decide(aborted, at_eval(aborted, 999)), VERDICT_DIVERGED);
    assert_non_null(strstr(why_bytes, "at eval 999,"));
    assert_int_equal(decide(aborted, at_eval(aborted, 1001)), VERDICT_DIVERGED);
    assert_string_equal(why_bytes, "the replay ran past eval 1000, where the original ended with SIGABRT");
    assert_int_equal(decide(aborted, at_eval(killed, 1001)), VERDICT_DIVERGED);
}

static void an_end_that_nobody_saw_is_incomplete(void **state)
{
    struct end nothing = {.kind = END_NONE};

    (void)state;
    assert_int_equal(decide(aborted, nothing), VERDICT_INCOMPLETE);
    assert_true(strlen(why_bytes) > 0);
}

static void a_killed_replay_is_incomplete(void **state)
{
    (void)state;
    assert_int_equal(decide(aborted, at_eval(killed, 400)), VERDICT_INCOMPLETE);
    assert_string_equal(why_bytes, "the replay was killed at eval 400 of 1000");
    assert_int_equal(decide(aborted, killed), VERDICT_INCOMPLETE);
    assert_int_equal(decide(killed, at_eval(killed, 400)), VERDICT_INCOMPLETE);
}

static void other_output_diverged(void **state)
{
    const struct end shorter = at_eval(exit_3, 400), nothing = {.kind = END_NONE};
    struct text why;

    (void)state;
    why = text_in(why_bytes, sizeof why_bytes);
    assert_int_equal(verdict_decide(&exit_3, &exit_3, "line 1 is wrong", &why), VERDICT_DIVERGED);
    assert_string_equal(why_bytes, "line 1 is wrong");
    why = text_in(why_bytes, sizeof why_bytes);
    assert_int_equal(verdict_decide(&exit_3, &shorter, "line 1 is wrong", &why), VERDICT_DIVERGED);
    assert_non_null(strstr(why_bytes, " at eval 1000; line 1 is wrong"));
    why = text_in(why_bytes, sizeof why_bytes);
    assert_int_equal(verdict_decide(&exit_3, &nothing, "line 1 is wrong", &why), VERDICT_INCOMPLETE);
    assert_null(strstr(why_bytes, "line 1"));
}

static void names_are_those_of_the_contract(void **state)
{
    (void)state;
    assert_string_equal(verdict_name(VERDICT_REPRODUCED), "reproduced");
    assert_string_equal(verdict_name(VERDICT_DIVERGED), "diverged");
    assert_string_equal(verdict_name(VERDICT_INCOMPLETE), "incomplete");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(the_same_end_is_reproduced),
        cmocka_unit_test(another_kind_diverged),
        cmocka_unit_test(another_status_or_signal_diverged),
        cmocka_unit_test(another_eval_diverged),
        cmocka_unit_test(an_end_that_nobody_saw_is_incomplete),
        cmocka_unit_test(a_killed_replay_is_incomplete),
        cmocka_unit_test(other_output_diverged),
        cmocka_unit_test(names_are_those_of_the_contract),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
