/* SPDX-License-Identifier: MIT */
/* LIGHTSSS_SCOPE: a list of names, none of them empty, and not too many. */
#include "unit.h"

#include <stdio.h>
#include <string.h>

#include "options/options.h"

static unsigned line_count;

static void count_line(const char *line)
{
    assert_non_null(strstr(line, " is not valid: give hierarchical names such as TOP.soc.core.alu"));
    line_count++;
}

static const char *read_scope(char *variable)
{
    char *environment[] = {variable, NULL};
    struct options options;

    line_count = 0;
    options_read(&options, environment, count_line);
    return options.scope;
}

static void names(void **state)
{
    char one[] = "LIGHTSSS_SCOPE=TOP.cpu.alu", two[] = "LIGHTSSS_SCOPE=TOP.cpu.alu,cpu.gen[0]",
         none[] = "LIGHTSSS_SCOPE=";

    (void)state;
    assert_string_equal(read_scope(one), "TOP.cpu.alu");
    assert_string_equal(read_scope(two), "TOP.cpu.alu,cpu.gen[0]");
    assert_null(read_scope(none));
    assert_int_equal(line_count, 0);
}

static void empty_ones(void **state)
{
    static char bad[][40] = {"LIGHTSSS_SCOPE=,TOP", "LIGHTSSS_SCOPE=TOP,", "LIGHTSSS_SCOPE=TOP,,cpu",
                             "LIGHTSSS_SCOPE=,"};

    (void)state;
    for (size_t i = 0; i < sizeof bad / sizeof *bad; i++) {
        assert_null(read_scope(bad[i]));
        assert_int_equal(line_count, 1);
    }
}

static void too_many(void **state)
{
    char variable[300];
    size_t length = (size_t)snprintf(variable, sizeof variable, "LIGHTSSS_SCOPE=a");

    (void)state;
    for (size_t i = 1; i < OPTIONS_SCOPES_MAX; i++)
        length += (size_t)snprintf(variable + length, sizeof variable - length, ",a");
    assert_non_null(read_scope(variable));
    snprintf(variable + length, sizeof variable - length, ",a");
    assert_null(read_scope(variable));
    assert_int_equal(line_count, 1);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(names),
        cmocka_unit_test(empty_ones),
        cmocka_unit_test(too_many),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
