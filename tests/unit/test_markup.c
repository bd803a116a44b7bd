/* SPDX-License-Identifier: MIT */
/* Text in HTML: nothing that a program printed or a file is called can be markup, or no UTF-8. */
#include "unit.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "markup.h"

static char *made;
static size_t made_size;

static const char *text_of(const char *bytes, size_t length)
{
    free(made);
    FILE *file = open_memstream(&made, &made_size);
    markup_text(file, bytes, length);
    fclose(file);
    return made;
}

#define TEXT(string) text_of(string, sizeof(string) - 1)

static const char *address_of(const char *path)
{
    free(made);
    FILE *file = open_memstream(&made, &made_size);
    markup_address(file, path);
    fclose(file);
    return made;
}

static void escapes(void **state)
{
    (void)state;
    assert_string_equal(TEXT("<a href=\"x\">'&'</a>"),
                        "&lt;a href=&quot;x&quot;&gt;&#39;&amp;&#39;&lt;/a&gt;");
    assert_string_equal(TEXT("a\tb\n"), "a\tb\n");
    assert_string_equal(TEXT("\xc3\xa4\xe2\x82\xac\xf0\x9f\x98\x80"), "\xc3\xa4\xe2\x82\xac\xf0\x9f\x98\x80");
}

static void replaces_what_is_no_text(void **state)
{
    (void)state;
    assert_string_equal(TEXT("a\0b"), "a\xef\xbf\xbd"
                                      "b");
    assert_string_equal(TEXT("\x01\x7f"), "\xef\xbf\xbd\xef\xbf\xbd");
    assert_string_equal(TEXT("\xff<"), "\xef\xbf\xbd&lt;");
    assert_string_equal(TEXT("\xc3"), "\xef\xbf\xbd");                 /* cut off */
    assert_string_equal(TEXT("\xc0\xbc"), "\xef\xbf\xbd\xef\xbf\xbd"); /* '<' in two bytes */
    assert_string_equal(TEXT("\xe0\x80\xbc"), "\xef\xbf\xbd\xef\xbf\xbd\xef\xbf\xbd");
    assert_string_equal(TEXT("\xc2\x9b"
                             "31m"),
                        "\xef\xbf\xbd"
                        "31m"); /* a control of the second set */
    assert_string_equal(TEXT("\xed\xa0\x80"), "\xef\xbf\xbd\xef\xbf\xbd\xef\xbf\xbd"); /* half a pair */
    assert_string_equal(TEXT("\xe2\x80\xae."), "\xef\xbf\xbd."); /* the other direction */
    assert_string_equal(TEXT("\xef\xbf\xbf"), "\xef\xbf\xbd");   /* no character */
}

static void leaves_out_what_a_terminal_obeys(void **state)
{
    (void)state;
    assert_string_equal(TEXT("\x1b[1;31mred\x1b[0m."), "red.");
    assert_string_equal(TEXT("\x1b]0;title\aafter"), "after");
    assert_string_equal(TEXT("\x1b"
                             "cx"),
                        "x");
    assert_string_equal(TEXT("\x1b"), "");
    assert_string_equal(TEXT("\x1b["), "");
    assert_string_equal(TEXT("\x1b[1\nx"), "\nx");
    assert_string_equal(TEXT("10%\r20%\r\n"), "10%\n20%\n");
    assert_string_equal(TEXT("\x1b[<b>"), "&gt;"); /* '<' belongs to the command */
}

static void addresses(void **state)
{
    (void)state;
    assert_string_equal(address_of("a-b_c.d/e~f"), "a-b_c.d/e~f");
    assert_string_equal(address_of("javascript:x"), "javascript%3Ax");
    assert_string_equal(address_of("a b\"'<&>#?%"), "a%20b%22%27%3C%26%3E%23%3F%25");
    assert_string_equal(address_of("\xff\n"), "%FF%0A");
}

static void check_way(const char *directory, const char *path, const char *right)
{
    char *way = markup_way(directory, path);

    assert_string_equal(way, right);
    free(way);
}

static void ways(void **state)
{
    (void)state;
    check_way("/a/b", "/a/b/run.1", "run.1");
    check_way("/a/b", "/a/b/c/run.1", "c/run.1");
    check_way("/a/b", "/a/bc/run.1", "../bc/run.1");
    check_way("/a/b/c", "/a/run.1", "../../run.1");
    check_way("/a/b/c", "/d", "../../../d");
    check_way("/", "/a/b", "a/b");
    check_way("/a/b", "/a/b", "");
    check_way("/a/b/c", "/a/b", "../../b");
}

static void utf8(void **state)
{
    char *copy;

    (void)state;
    copy = markup_utf8("a\xff\xc3\xa4\xc3");
    assert_string_equal(copy, "a\xef\xbf\xbd\xc3\xa4\xef\xbf\xbd");
    free(copy);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(escapes),
        cmocka_unit_test(replaces_what_is_no_text),
        cmocka_unit_test(leaves_out_what_a_terminal_obeys),
        cmocka_unit_test(addresses),
        cmocka_unit_test(ways),
        cmocka_unit_test(utf8),
    };

    int failed = cmocka_run_group_tests(tests, NULL, NULL);
    free(made);
    return failed;
}
