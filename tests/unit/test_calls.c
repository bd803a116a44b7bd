/* SPDX-License-Identifier: MIT */
/* What may stand in LIGHTSSS_WAKE_CALL, and what not. */
#include "unit.h"

#include <stdio.h>
#include <string.h>

#include "options/calls.h"

static struct calls calls;

static const struct call *parse(const char *string)
{
    if (!calls_parse(&calls, string))
        fail_msg("refused: %s", string);
    return calls.list;
}

static void names_and_lists(void **state)
{
    (void)state;
    assert_string_equal(parse("f()")->name, "f");
    assert_int_equal(calls.count, 1);
    parse(" log_on ( 1 ,2 ) ; _ZN3ref3setEi(7);x.part.0$1() ; ");
    assert_int_equal(calls.count, 3);
    assert_string_equal(calls.list[0].name, "log_on");
    assert_int_equal(calls.list[0].integers[1], 2);
    assert_string_equal(calls.list[1].name, "_ZN3ref3setEi");
    assert_int_equal(calls.list[1].integers[0], 7);
    assert_string_equal(calls.list[2].name, "x.part.0$1");
}

static uint64_t integer(const char *argument)
{
    char string[64];

    snprintf(string, sizeof string, "f(%s)", argument);
    return parse(string)->integers[0];
}

static void integers(void **state)
{
    (void)state;
    assert_int_equal(integer("0"), 0);
    assert_int_equal(integer("42"), 42);
    assert_int_equal(integer("-1"), UINT64_MAX);
    assert_int_equal(integer("0xFfff"), 0xffff);
    assert_int_equal(integer("-0x10"), (uint64_t)-16);
    assert_int_equal(integer("18446744073709551615"), UINT64_MAX);
    assert_int_equal(integer("-9223372036854775808"), UINT64_C(1) << 63);
    assert_int_equal(integer("true"), 1);
    assert_int_equal(integer("false"), 0);
    assert_int_equal(integer("NULL"), 0);
    assert_int_equal(integer("nullptr"), 0);
    assert_int_equal(integer("'a'"), 'a');
    assert_int_equal(integer("'\\n'"), '\n');
    assert_int_equal(integer("'\\''"), '\'');
    assert_int_equal(integer("'\"'"), '"');
    assert_int_equal(integer("'\\0'"), 0);
    assert_int_equal(integer("'\\x7f'"), 0x7f);
}

static void texts(void **state)
{
    const struct call *call = parse("open(\"a;b, c)\", \"\", \"\\t\\\"\\\\\\x41\\0z\")");

    (void)state;
    assert_string_equal((const char *)(uintptr_t)call->integers[0], "a;b, c)");
    assert_string_equal((const char *)(uintptr_t)call->integers[1], "");
    assert_memory_equal((const char *)(uintptr_t)call->integers[2], "\t\"\\A\0z", 7);
}

static void reals_have_an_order_of_their_own(void **state)
{
    const struct call *call = parse("f(1.5, 7, -0.25, 2e3, 1E-2, 8)");

    (void)state;
    assert_int_equal(call->integers[0], 7);
    assert_int_equal(call->integers[1], 8);
    assert_true(call->reals[0] == 1.5 && call->reals[1] == -0.25 && call->reals[2] == 2000);
    assert_true(call->reals[3] > 0.00999 && call->reals[3] < 0.01001);
}

static void limits(void **state)
{
    char many[CALLS_TEXT_SIZE + 32];

    (void)state;
    parse("f(1,2,3,4,5,6, 1.,2.,3.,4.,5.,6.)");
    assert_false(calls_parse(&calls, "f(1,2,3,4,5,6,7)"));
    parse("a();b();c();d();e();f();g();h()");
    assert_false(calls_parse(&calls, "a();b();c();d();e();f();g();h();i()"));
    for (size_t length = CALLS_TEXT_SIZE - 4; length < CALLS_TEXT_SIZE + 4; length++) {
        snprintf(many, sizeof many, "f(\"%0*d\")", (int)length, 0);
        assert_int_equal(calls_parse(&calls, many), length <= CALLS_TEXT_SIZE - 3);
    }
}

static void nonsense_is_refused(void **state)
{
    static const char *const bad[] = {
        "",
        " ",
        ";",
        "f",
        "f(",
        "f(1",
        "f)",
        "f()g()",
        "f();;g()",
        "1f()",
        "f(,)",
        "f(1,)",
        "f(1 2)",
        "f(x)",
        "f(truely)",
        "f(0x)",
        "f(12ab)",
        "f(--1)",
        "f(-)",
        "f(.5)",
        "f(1e)",
        "f(1.5.5)",
        "f(1e999)",
        "f(\"a)",
        "f(\"\\q\")",
        "f('ab')",
        "f('')",
        "f('a)",
        "f(\"\\x4\")",
        "f(\"\\",
        "ns::f()",
        "f() g",
        "f(1;2)",
        "f(18446744073709551616)",
        "f(-9223372036854775809)",
    };

    (void)state;
    for (size_t i = 0; i < COUNT_OF(bad); i++)
        if (calls_parse(&calls, bad[i]))
            fail_msg("accepted: %s", bad[i]);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(names_and_lists), cmocka_unit_test(integers),
        cmocka_unit_test(texts),           cmocka_unit_test(reals_have_an_order_of_their_own),
        cmocka_unit_test(limits),          cmocka_unit_test(nonsense_is_refused),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
