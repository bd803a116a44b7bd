/* SPDX-License-Identifier: MIT */
/* Command lines and variables as JSON: any bytes, any length, and never half of one. */
#include "unit.h"

#include <stdbool.h>
#include <stdio.h>
#include <string.h>

#include "report/strings_json.h"

static char bytes[65536];
static struct text json;

static int set_up(void **state)
{
    (void)state;
    json = text_in(bytes, sizeof bytes);
    return 0;
}

#define WORDS(text) text, sizeof(text) - 1 /* NOLINT(bugprone-macro-parentheses) */

static void test_words(void **state)
{
    (void)state;
    assert_true(strings_json_list(&json, WORDS("./emu\0-i\0\0a \"b\"\0\xff\x01\0"), 1000));
    assert_string_equal(bytes, "[\"./emu\", \"-i\", \"\", \"a \\\"b\\\"\", \"\\ufffd\\u0001\"]");
}

static void test_none(void **state)
{
    (void)state;
    assert_true(strings_json_list(&json, "", 0, 1000));
    assert_string_equal(bytes, "[]");
}

/* The kernel had more. */
static void test_cut_word(void **state)
{
    (void)state;
    assert_false(strings_json_list(&json, WORDS("./emu\0--lon"), 1000));
    assert_string_equal(bytes, "[\"./emu\"]");
}

static void test_too_many(void **state)
{
    (void)state;
    assert_false(strings_json_list(&json, WORDS("one\0two\0three\0"), 12));
    assert_string_equal(bytes, "[\"one\"]");
}

/* Where the report itself is full, what is there is whole. */
static void test_no_room(void **state)
{
    (void)state;
    json = text_in(bytes, 12);
    assert_false(strings_json_list(&json, WORDS("one\0two\0three\0"), 1000));
    assert_string_equal(bytes, "[\"one\"]");
}

static void test_one(void **state)
{
    (void)state;
    assert_true(strings_json_one(&json, "a\nb", 3, 6));
    assert_false(strings_json_one(&json, "a\nbc", 4, 6));
    assert_true(strings_json_one(&json, NULL, 0, 6));
    assert_string_equal(bytes, "\"a\\nb\"nullnull");
}

/* The block in pieces of any size. */
static bool feed(const char *block, size_t size, size_t piece, size_t most)
{
    static struct strings_json_variables variables;

    strings_json_begin(&variables, &json, "LIGHTSSS", most);
    for (size_t at = 0; at < size; at += piece)
        strings_json_feed(&variables, block + at, piece < size - at ? piece : size - at);
    return strings_json_end(&variables);
}

static void test_variables(void **state)
{
    static const char block[] =
        "PATH=/bin\0LIGHTSSS=1\0XLIGHTSSS=2\0LIGHTSSS_ON=exit,=\0LIGHTSSS_NOT\0\0LIGHTSSS_Z=\xfe";

    (void)state;
    for (size_t piece = 1; piece <= sizeof block; piece++) {
        set_up(NULL);
        assert_true(feed(block, sizeof block, piece, 1000));
        assert_string_equal(
            bytes, "{ \"LIGHTSSS\": \"1\", \"LIGHTSSS_ON\": \"exit,=\", \"LIGHTSSS_Z\": \"\\ufffd\" }");
    }
}

static void test_no_variables(void **state)
{
    (void)state;
    assert_true(feed(WORDS("PATH=/bin\0"), 4, 1000));
    assert_string_equal(bytes, "{}");
}

/* One that is too long is left out, and those behind it are not. */
static void test_long_variables(void **state)
{
    static char block[3 * STRINGS_JSON_LONGEST];
    int first = snprintf(block, sizeof block, "LIGHTSSS_A=%0*d", (int)STRINGS_JSON_LONGEST, 0) + 1;
    int second = snprintf(block + first, sizeof block - (size_t)first, "LIGHTSSS_B=%0*d",
                          (int)STRINGS_JSON_LONGEST - 12, 0) +
                 1;
    int third = snprintf(block + first + second, 32, "LIGHTSSS_C=1") + 1;

    (void)state;
    assert_false(feed(block, (size_t)(first + second + third), 100, 1000));
    assert_string_equal(bytes, "{ \"LIGHTSSS_C\": \"1\" }");
    set_up(NULL);
    assert_false(feed(block, (size_t)(first + second + third), 100, 8192));
    assert_non_null(strstr(bytes, "{ \"LIGHTSSS_B\": \"000"));
    assert_non_null(strstr(bytes, "0\", \"LIGHTSSS_C\": \"1\" }"));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup(test_words, set_up),
        cmocka_unit_test_setup(test_none, set_up),
        cmocka_unit_test_setup(test_cut_word, set_up),
        cmocka_unit_test_setup(test_too_many, set_up),
        cmocka_unit_test_setup(test_no_room, set_up),
        cmocka_unit_test_setup(test_one, set_up),
        cmocka_unit_test_setup(test_variables, set_up),
        cmocka_unit_test_setup(test_no_variables, set_up),
        cmocka_unit_test_setup(test_long_variables, set_up),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
