/* SPDX-License-Identifier: MIT */
/* The value of LIGHTSSS_WATCH, taken apart; which names it stands for. */
#include "unit.h"

#include <stdio.h>
#include <string.h>

#include "options/patterns.h"

static struct patterns patterns;

static void parse(const char *value, size_t count)
{
    if (!patterns_parse(&patterns, value, "/home/me"))
        fail_msg("%s is refused", value);
    assert_int_equal(patterns.count, count);
}

static bool is_watched(const char *name)
{
    for (size_t i = 0; i < patterns.count; i++)
        if (patterns_match(&patterns, i, name))
            return true;
    return false;
}

static void base_names_and_whole_names(void **state)
{
    (void)state;
    parse("uart*.log:/dev/pts/*:logs/boot", 3);
    assert_true(is_watched("/tmp/a/uart0.log") && is_watched("/uart.log"));
    assert_false(is_watched("/tmp/uart0.log/x") || is_watched("/tmp/my_uart.log"));
    assert_true(is_watched("/dev/pts/0"));
    assert_false(is_watched("/dev/pts/0/1") || is_watched("/chroot/dev/pts/0"));
    assert_true(is_watched("/home/me/logs/boot"));
    assert_false(is_watched("/home/logs/boot") || is_watched("/logs/boot"));
    parse("./console:.//x/./y", 2);
    assert_true(is_watched("/home/me/console") && is_watched("/home/me/x/y"));
    assert_false(is_watched("/tmp/console"));
    parse("a\\:b", 1);
    assert_true(is_watched("/a:b"));
}

static void bytes_of_the_directory_mean_themselves(void **state)
{
    (void)state;
    assert_true(patterns_parse(&patterns, "logs/*", "/home/[me]*"));
    assert_true(is_watched("/home/[me]*/logs/a"));
    assert_false(is_watched("/home/mx/logs/a"));
}

static void expect_name(size_t place, const char *expected)
{
    char name[100];

    assert_true(patterns_name(&patterns, place, "/home/me", name, sizeof name));
    assert_string_equal(name, expected);
}

static void one_name_may_be_that_of_a_link(void **state)
{
    char name[100];

    (void)state;
    parse("uart0:/run/uart\\*:dir/link:u*", 4);
    expect_name(0, "/home/me/uart0");
    expect_name(1, "/run/uart*");
    expect_name(2, "/home/me/dir/link");
    assert_false(patterns_name(&patterns, 3, "/home/me", name, sizeof name));
    assert_false(patterns_name(&patterns, 0, "/home/me", name, 10));
}

static void what_is_no_value_is_refused(void **state)
{
    static const char *const bad[] = {"", ":", "a:", ":a", "a::b", "a[b", "a\\", "a:b\\"};
    static char many[PATTERNS_MAX * 2 + 2], long_name[PATTERNS_SIZE + 10];

    (void)state;
    for (size_t i = 0; i < COUNT_OF(bad); i++)
        if (patterns_parse(&patterns, bad[i], "/home/me"))
            fail_msg("%s is taken", bad[i]);
    memset(many, 'a', (size_t)2 * PATTERNS_MAX + 1);
    for (size_t i = 1; i < (size_t)2 * PATTERNS_MAX; i += 2)
        many[i] = ':';
    assert_false(patterns_parse(&patterns, many, "/home/me"));
    many[(size_t)2 * PATTERNS_MAX - 1] = '\0';
    parse(many, PATTERNS_MAX);
    memset(long_name, 'a', sizeof long_name - 1);
    assert_false(patterns_parse(&patterns, long_name, "/home/me"));
}

static void names_are_cleaned(void **state)
{
    static const char *const rows[][2] = {{"/a/./b", "/a/b"},     {"//a//b/", "/a/b"}, {"/./a", "/a"},
                                          {"/a/.", "/a"},         {"/", "/"},          {"/./", "/"},
                                          {"/a/../b", "/a/../b"}, {"/a/.b", "/a/.b"},  {"/a.", "/a."},
                                          {"/a/././/b", "/a/b"}};
    char name[20];

    (void)state;
    for (size_t i = 0; i < COUNT_OF(rows); i++) {
        snprintf(name, sizeof name, "%s", rows[i][0]);
        patterns_clean(name);
        assert_string_equal(name, rows[i][1]);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(base_names_and_whole_names),
        cmocka_unit_test(bytes_of_the_directory_mean_themselves),
        cmocka_unit_test(one_name_may_be_that_of_a_link),
        cmocka_unit_test(what_is_no_value_is_refused),
        cmocka_unit_test(names_are_cleaned),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
