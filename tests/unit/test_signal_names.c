/* SPDX-License-Identifier: MIT */
/* Which declared signal a name means, and which is the nearest. */
#include "unit.h"

#include <stdlib.h>

#include "signal_names.h"

static bool fits(const char *asked, const char *name, const char *range)
{
    const struct scan_signal signal = {.name = name, .range = range};

    return signal_names_match(asked, &signal);
}

static void names(void **state)
{
    (void)state;
    assert_true(fits("TOP.core.pc", "TOP.core.pc", "[31:0]"));
    assert_true(fits("core.pc", "TOP.core.pc", "[31:0]"));
    assert_true(fits("core.pc[31:0]", "TOP.core.pc", "[31:0]"));
    assert_true(fits("core.pc", "TOP.core.pc[31:0]", ""));
    assert_true(fits("clk", "TOP.clk", ""));
    assert_true(fits("clk", "clk", ""));
    assert_true(fits("core.mem[3]", "TOP.core.mem[3]", "[7:0]"));
    assert_false(fits("core.mem", "TOP.core.mem[3]", "[7:0]"));
    assert_false(fits("pc", "TOP.core.pc", ""));
    assert_false(fits("core.p", "TOP.core.pc", ""));
    assert_false(fits("core.pc[15:0]", "TOP.core.pc", "[31:0]"));
    assert_false(fits("core.pcx", "TOP.core.pc", ""));
}

static void stars(void **state)
{
    (void)state;
    assert_true(fits("TOP.core.*", "TOP.core.pc", ""));
    assert_false(fits("TOP.core.*", "TOP.core.alu.sum", ""));
    assert_true(fits("TOP.*.pc", "TOP.core.pc", ""));
    assert_true(fits("core.*_valid", "TOP.core.in_valid_valid", ""));
    assert_true(fits("*", "TOP.clk", ""));
    assert_false(fits("*", "TOP.core.clk", ""));
    assert_true(fits("*.*.*", "TOP.core.clk", ""));
    assert_true(fits("core.a*b*c", "TOP.core.abbcbc", ""));
    assert_false(fits("core.a*b*c", "TOP.core.abbcb", ""));
}

static void lengths(void **state)
{
    (void)state;
    assert_int_equal(signal_names_length("pc[31:0]"), 2);
    assert_int_equal(signal_names_length("pc[-1:0]"), 2);
    assert_int_equal(signal_names_length("mem[3]"), 6);
    assert_int_equal(signal_names_length("mem[3][7:0]"), 6);
    assert_int_equal(signal_names_length(""), 0);
    assert_int_equal(signal_names_length("]"), 1);
    assert_int_equal(signal_names_length("3:0]"), 4);
}

static void distances(void **state)
{
    (void)state;
    assert_int_equal(signal_names_distance("TOP.core.pc", "TOP.core.pc"), 0);
    assert_int_equal(signal_names_distance("core.pcc", "TOP.core.pc"), 1);
    assert_true(signal_names_distance("TOP.core.pcc", "TOP.core.pc") <
                signal_names_distance("TOP.core.pcc", "TOP.core.clk"));
    assert_true(signal_names_distance("core.alu.smu", "TOP.core.alu.sum") <
                signal_names_distance("core.alu.smu", "TOP.core.alu"));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(names),
        cmocka_unit_test(stars),
        cmocka_unit_test(lengths),
        cmocka_unit_test(distances),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
