/* SPDX-License-Identifier: MIT */
/* Which object is attached to, and what is said of the others. */
#include "unit.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>

#include "attach/choice.h"

static struct choice choice;

static void take(const char *name, int found, const char *words)
{
    struct hooks_why why;

    snprintf(why.text, sizeof why.text, "%s", words);
    choice_take(&choice, name, found, &why);
}

static void the_first_that_can_be_hooked_is_taken(void **state)
{
    (void)state;
    choice = (struct choice){.first = NULL};
    choice_begin(&choice);
    take("libold.so", -EALREADY, "found before");
    take("libodd.so", -EINVAL, "odd code");
    take("libtwo.so", -EINVAL, "another reason");
    assert_null(choice.first);
    take("", 0, "");
    take("libmodel.so", 0, "");
    assert_string_equal(choice.first, "");
    assert_string_equal(choice.refused, "odd code");
    assert_string_equal(choice.expected, "");
    choice_begin(&choice);
    assert_null(choice.first);
    assert_string_equal(choice.refused, "");
}

/* Where a model may still come, the first reason stays until the end of the process. */
static void what_is_expected_outlives_a_look(void **state)
{
    (void)state;
    choice = (struct choice){.first = NULL};
    choice_begin(&choice);
    take("", -ENOENT, "stripped");
    assert_string_equal(choice.refused, "");
    choice_begin(&choice);
    take("libmodel.so", -ENOENT, "stripped too");
    take("libodd.so", -EINVAL, "odd code");
    assert_string_equal(choice.expected, "stripped");
    assert_string_equal(choice.refused, "odd code");
}

/* The words, and whether it is attached to. */
static void expect_tracer(const char *first, struct hooks_found found, bool is_wanted, bool has,
                          const char *words, const char *expected)
{
    char bytes[512];
    struct text text;

    choice = (struct choice){.first = first};
    text = text_in(bytes, sizeof bytes);
    assert_int_equal(choice_has_tracer(&choice, &found, is_wanted, "emu", &text), has);
    assert_int_equal(strncmp(bytes, words, strlen(words)), 0);
    assert_int_equal(text.length == 0, *words == '\0');
    assert_string_equal(choice.expected, expected);
}

static void a_waveform_needs_a_tracer(void **state)
{
    const struct hooks_found traced = {.format = HOOKS_FORMAT_FST}, none = {.format = HOOKS_FORMAT_NONE};
    const struct hooks_found saif = {.saif = true}, removed = {.tracer_removed = true};
    const struct hooks_found newer = {.newer = true, .verilator = "7.000", .saif = true};
    const char *wait = "libmodel.so was built without a tracer: verilate it with --trace";

    (void)state;
    expect_tracer("", traced, true, true, "", "");
    expect_tracer("", none, false, true, "", ""); /* LIGHTSSS_WAVE=off */
    expect_tracer("", none, true, false, "emu was built without a tracer, so that", "");
    expect_tracer("", saif, true, false, "emu was built for SAIF, which counts", "");
    expect_tracer("", removed, true, false, "emu was built with a tracer, but -flto", "");
    expect_tracer("libmodel.so", none, true, false, "", wait); /* another one may be traced */
    expect_tracer("libmodel.so", newer, true, true,
                  "libmodel.so is of Verilator 7.000, which is newer than this", "");
    expect_tracer("", newer, true, true, "emu is of Verilator 7.000", "");
}

static void the_first_reason_is_kept(void **state)
{
    const struct hooks_found none = {.format = HOOKS_FORMAT_NONE};
    char bytes[512];
    struct text text;

    (void)state;
    choice = (struct choice){.first = NULL};
    choice_begin(&choice);
    take("", -ENOENT, "stripped");
    take("libmodel.so", 0, "");
    text = text_in(bytes, sizeof bytes);
    assert_false(choice_has_tracer(&choice, &none, true, "emu", &text));
    assert_string_equal(choice.expected, "stripped");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(the_first_that_can_be_hooked_is_taken),
        cmocka_unit_test(what_is_expected_outlives_a_look),
        cmocka_unit_test(a_waveform_needs_a_tracer),
        cmocka_unit_test(the_first_reason_is_kept),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
