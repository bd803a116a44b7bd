/* SPDX-License-Identifier: MIT */
/* Patterns of names as in a shell; fnmatch() with FNM_PATHNAME is the judge where it means the same. */
#include "unit.h"

#include <fnmatch.h>
#include <stdlib.h>

#include "base/glob.h"

struct row {
    const char *pattern, *text;
    bool matches;
};

static void check(const struct row *row)
{
    if (glob_matches(row->pattern, row->text) != row->matches)
        fail_msg("%s %s %s", row->pattern, row->matches ? "is not" : "is", row->text);
}

static void names_match(void **state)
{
    static const struct row rows[] = {
        {"uart.log", "uart.log", true},
        {"uart.log", "uart.log2", false},
        {"uart.log", "uart_log", false},
        {"", "", true},
        {"*", "", true},
        {"*", "uart", true},
        {"*", "a/b", false},
        {"/dev/pts/*", "/dev/pts/12", true},
        {"/dev/pts/*", "/dev/pts/a/b", false},
        {"/tmp/*/uart*.log", "/tmp/run 1/uart0.log", true},
        {"/tmp/*/uart*.log", "/tmp/a/b/uart0.log", false},
        {"*a*b", "aabab", true},
        {"*a*b", "aabac", false},
        {"uart?", "uart0", true},
        {"uart?", "uart", false},
        {"?", "/", false},
        {"uart[0-3].log", "uart2.log", true},
        {"uart[0-3].log", "uart4.log", false},
        {"uart[!0-3].log", "uart4.log", true},
        {"uart[^0-3].log", "uart3.log", false},
        {"[]a]", "]", true},
        {"[!]a]", "]", false},
        {"[a-]", "-", true},
        {"a[/]b", "a/b", false},
        {"\\*", "*", true},
        {"\\*", "a", false},
        {"a\\[b", "a[b", true},
        {"a**b", "axb", true},
        {"a*", "a", true},
        {"a", "", false},
    };

    (void)state;
    for (size_t i = 0; i < COUNT_OF(rows); i++)
        check(&rows[i]);
}

static void a_pattern_is_whole(void **state)
{
    static const char *const bad[] = {"[", "uart[0", "a\\", "[]", "[!]", "[a]["};
    static const char *const good[] = {"", "*", "[a]", "[]]", "\\[", "a\\\\", "[!a]*?"};

    (void)state;
    for (size_t i = 0; i < COUNT_OF(bad); i++)
        if (glob_is_valid(bad[i]))
            fail_msg("%s is taken", bad[i]);
    for (size_t i = 0; i < COUNT_OF(good); i++)
        if (!glob_is_valid(good[i]))
            fail_msg("%s is refused", good[i]);
    assert_true(glob_is_literal("/dev/pts/3") && glob_is_literal("a\\*b"));
    assert_false(glob_is_literal("uart*") || glob_is_literal("uart?") || glob_is_literal("[a]"));
}

/* Of a few letters, so that many match. */
static void make(char *text, size_t size, const char *letters, size_t count)
{
    size_t length = (size_t)rand() % size; /* NOLINT: chance is wanted, the same each time */

    for (size_t i = 0; i < length; i++)
        text[i] = letters[(size_t)rand() % count]; /* NOLINT */
    text[length] = '\0';
}

static void it_is_as_in_a_shell(void **state)
{
    char pattern[10], text[10];
    unsigned found = 0;

    (void)state;
    srand(1); /* NOLINT: the same each time */
    for (unsigned i = 0; i < 200000; i++) {
        make(pattern, sizeof pattern, "ab/**?a", 7);
        make(text, sizeof text, "ab/", 3);
        const bool expected = fnmatch(pattern, text, FNM_PATHNAME) == 0;
        check(&(struct row){pattern, text, expected});
        found += expected;
    }
    assert_in_range(found, 1000, 199000);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(names_match),
        cmocka_unit_test(a_pattern_is_whole),
        cmocka_unit_test(it_is_as_in_a_shell),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
