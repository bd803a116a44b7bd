/* SPDX-License-Identifier: MIT */
/* Names of LIGHTSSS_SCOPE as users write them, against what tracers declare. */
#include "unit.h"

#include <stdio.h>
#include <string.h>

#include "replay/scope_names.h"

#define LINE_SIZE       160 /* of a note */
#define COUNT_OF(array) (sizeof(array) / sizeof((array)[0]))

/* As Verilator declares them: a struct's name ends in a byte above 127. */
static const char *const cpu[] = {
    "TOP clk",
    "TOP cpu clk",
    "TOP cpu state\x84 valid",
    "TOP cpu state\x84 data",
    "TOP cpu alu result",
    "TOP cpu alu low carry",
    "TOP cpu alu_more result",
    "TOP cpu gen[0] lane feedback",
    "TOP cpu gen[1] lane feedback",
};

static struct scope_names names;

static void see_all(const char *const *signals, size_t count)
{
    for (size_t i = 0; i < count; i++)
        scope_names_see(&names, signals[i], strlen(signals[i]));
}

/* Returns whether they had to be seen twice. */
static bool look_at(const char *value, unsigned levels, const char *const *signals, size_t count)
{
    scope_names_begin(&names, value, levels);
    see_all(signals, count);
    bool again = scope_names_again(&names);
    if (again) {
        see_all(signals, count);
        assert_false(scope_names_again(&names));
    }
    return again;
}

static void expect_chosen(size_t index, const char *name, unsigned levels)
{
    char declared[100];
    unsigned got;

    assert_true(scope_names_chosen(&names, index, declared, sizeof declared, &got));
    assert_string_equal(declared, name);
    assert_int_equal(got, levels);
}

static void expect_no_more(size_t index)
{
    char declared[100];
    unsigned levels;

    assert_false(scope_names_chosen(&names, index, declared, sizeof declared, &levels));
}

static void expect_one(const char *value, unsigned levels, const char *name)
{
    char line[LINE_SIZE];
    struct text ignored = text_in(line, sizeof line);

    assert_false(look_at(value, levels, cpu, COUNT_OF(cpu)));
    if (scope_names_problem(&names, 0, &ignored))
        fail_msg("%s: %s", value, line);
    expect_chosen(0, name, levels);
    expect_no_more(1);
}

static void expect_problem(const char *value, unsigned levels, size_t index, const char *wanted)
{
    char line[LINE_SIZE];
    struct text text = text_in(line, sizeof line);

    look_at(value, levels, cpu, COUNT_OF(cpu));
    assert_true(scope_names_problem(&names, index, &text));
    assert_string_equal(line, wanted);
    expect_no_more(0);
}

static void as_users_write_them(void **state)
{
    (void)state;
    expect_one("TOP.cpu.alu", 0, "TOP cpu alu");
    expect_one("cpu.alu", 0, "TOP cpu alu");
    expect_one("TOP", 0, "TOP");
    expect_one("TOP cpu alu", 0, "TOP cpu alu");
    expect_one("TOP.cpu.gen[1]", 0, "TOP cpu gen[1]");
    expect_one("TOP.cpu.gen(1)", 0, "TOP cpu gen[1]");
    expect_one("TOP.cpu.state", 0, "TOP cpu state\x84");
    expect_one("TOP.cpu.state.data", 0, "TOP cpu state\x84 data");
    expect_one("TOP.cpu.alu.result[31:0]", 0, "TOP cpu alu result");
    expect_one("TOP.cpu.alu", 1, "TOP cpu alu");
}

static void several(void **state)
{
    (void)state;
    assert_false(look_at("cpu.alu,TOP.clk,TOP.cpu.gen[0].lane", 2, cpu, COUNT_OF(cpu)));
    expect_chosen(0, "TOP clk", 2);
    expect_chosen(1, "TOP cpu alu", 2);
    expect_chosen(2, "TOP cpu gen[0] lane", 2);
    expect_no_more(3);
}

/* Two models, and one of them has a part that is called like the other. */
static void whole_names_come_first(void **state)
{
    static const char *const signals[] = {"a b clk", "b clk", "b x clk"};

    (void)state;
    assert_false(look_at("b", 0, signals, COUNT_OF(signals)));
    expect_chosen(0, "b", 0);
    expect_no_more(1);
    assert_false(look_at("clk", 0, signals, COUNT_OF(signals)));
    expect_chosen(0, "b clk", 0);
    expect_no_more(1);
}

static void what_is_missing(void **state)
{
    (void)state;
    assert_true(look_at("TOP.cpu.alux", 0, cpu, COUNT_OF(cpu)));
    expect_problem(
        "TOP.cpu.alux", 0, 0,
        "LIGHTSSS_SCOPE: there is no TOP.cpu.alux, the nearest is TOP.cpu.alu: everything is dumped");
    expect_problem(
        "cpu.alu,cpu.alu.resul", 0, 1,
        "LIGHTSSS_SCOPE: there is no cpu.alu.resul, the nearest is cpu.alu.result: everything is dumped");
    expect_problem(
        "TOP.cpu.al", 0, 0,
        "LIGHTSSS_SCOPE: there is no TOP.cpu.al, the nearest is TOP.cpu.alu: everything is dumped");
    expect_problem(
        "TOP.cpu.gen[2]", 0, 0,
        "LIGHTSSS_SCOPE: there is no TOP.cpu.gen[2], the nearest is TOP.cpu.gen[0]: everything is dumped");
    expect_problem(
        "cpu.state.dato", 0, 0,
        "LIGHTSSS_SCOPE: there is no cpu.state.dato, the nearest is cpu.state.data: everything is dumped");
    expect_problem("alu", 0, 0,
                   "LIGHTSSS_SCOPE: there is no alu, the nearest is TOP.cpu.alu: everything is dumped");
}

static void too_few_levels(void **state)
{
    (void)state;
    expect_problem("TOP.cpu.gen[0]", 1, 0,
                   "LIGHTSSS_DEPTH: so near below TOP.cpu.gen[0] there is no signal: everything is dumped");
    expect_one("TOP.cpu.gen[0]", 2, "TOP cpu gen[0]");
}

static void levels_alone(void **state)
{
    static const char *const nameless[] = {"$rootio clk", "cpu clk", "cpu alu result"};
    static const char *const deep[] = {"TOP a b c"};
    char line[LINE_SIZE];
    struct text text = text_in(line, sizeof line);

    (void)state;
    assert_false(look_at(NULL, 1, cpu, COUNT_OF(cpu)));
    expect_chosen(0, "TOP", 2);
    expect_no_more(1);
    assert_false(look_at(NULL, 1, nameless, COUNT_OF(nameless)));
    expect_chosen(0, "$rootio", 2);
    expect_chosen(1, "cpu", 1);
    expect_no_more(2);
    look_at(NULL, 1, deep, COUNT_OF(deep));
    assert_true(scope_names_problem(&names, 0, &text));
    expect_no_more(0);
}

/* dumpvars() takes every dot for the end of a part. */
static void dot_in_a_name(void **state)
{
    static const char *const signals[] = {"TOP clk", "TOP a.b clk"};
    char line[LINE_SIZE];
    struct text text = text_in(line, sizeof line);

    (void)state;
    look_at("TOP.a.b", 0, signals, COUNT_OF(signals));
    assert_true(scope_names_problem(&names, 0, &text));
    expect_no_more(0);
}

/* The end of a long name tells more than its begin. */
static void long_names(void **state)
{
    static char name[3000], line[LINE_SIZE], asked[3000];
    struct text text = text_in(line, sizeof line);
    const char *signals[] = {name};

    (void)state;
    strcpy(name, "TOP");
    for (size_t i = 0; i < 200; i++)
        sprintf(name + strlen(name), " part%zu", i);
    look_at("TOP.part0.part1.part2.part3.part4.part5.part6.part7.part8.part9.part1", 0, signals, 1);
    assert_true(scope_names_problem(&names, 0, &text));
    assert_string_equal(line,
                        "LIGHTSSS_SCOPE: there is no ...part6.part7.part8.part9.part1, the nearest is "
                        "...art2.part3.part4.part5.part6.part7.part8.part9.part10: everything is dumped");
    sprintf(asked, "%s", name);
    assert_false(look_at(asked, 0, signals, 1));
}

static void many_names_are_found(void **state)
{
    char name[40], line[LINE_SIZE];
    struct text text = text_in(line, sizeof line);

    (void)state;
    scope_names_begin(&names, "cpu", 0);
    for (size_t i = 0; i <= SCOPE_NAMES_FOUND; i++) {
        assert_false(scope_names_problem(&names, 1, &text));
        sprintf(name, "model%zu cpu clk", i);
        scope_names_see(&names, name, strlen(name));
    }
    assert_true(scope_names_problem(&names, 1, &text));
    expect_no_more(0);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(as_users_write_them),    cmocka_unit_test(several),
        cmocka_unit_test(whole_names_come_first), cmocka_unit_test(what_is_missing),
        cmocka_unit_test(too_few_levels),         cmocka_unit_test(levels_alone),
        cmocka_unit_test(dot_in_a_name),          cmocka_unit_test(long_names),
        cmocka_unit_test(many_names_are_found),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
