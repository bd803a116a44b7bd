/* SPDX-License-Identifier: MIT */
/* Text on a terminal: letters of one byte and of several, of two columns and of none, and no letters. */
#include "unit.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <wchar.h>

#include "columns.h"

#define UMLAUT  "\xc3\xa4"         /* one column */
#define WIDE    "\xe6\xbc\xa2"     /* two */
#define ACCENT  "\xcc\x81"         /* none: it stands over the letter in front */
#define PICTURE "\xf0\x9f\x98\x80" /* two */

/* Where libc has no locale of UTF-8, each is a column wide. */
static unsigned two(void)
{
    return columns_of(WIDE) == 2 ? 2 : 1;
}

static void widths(void **state)
{
    (void)state;
    assert_int_equal(columns_of(""), 0);
    assert_int_equal(columns_of("emu"), 3);
    assert_int_equal(columns_of("a" UMLAUT "b"), 3);
    assert_int_equal(columns_of("\xff\xe6\xbc"), 3);
    if (two() == 1)
        skip();
    assert_int_equal(columns_of(WIDE "x" PICTURE), 5);
    assert_int_equal(columns_of("e" ACCENT), 1);
}

static void cuts(void **state)
{
    (void)state;
    assert_int_equal(columns_cut("abc", 0), 0);
    assert_int_equal(columns_cut("abc", 2), 2);
    assert_int_equal(columns_cut("abc", 3), 3);
    assert_int_equal(columns_cut("abc", 9), 3);
    assert_int_equal(columns_cut(UMLAUT UMLAUT "b", 2), 4);
    if (two() == 1)
        skip();
    assert_int_equal(columns_cut("a" WIDE "b", 2), 1); /* half of it does not fit */
    assert_int_equal(columns_cut("a" WIDE "b", 3), 4);
    assert_int_equal(columns_cut("e" ACCENT "b", 1), 3);
}

static void assert_trimmed(const char *text, const char *expected)
{
    char bytes[32];

    snprintf(bytes, sizeof bytes, "%s", text);
    columns_trim(bytes, strlen(bytes) + 1);
    assert_string_equal(bytes, expected);
}

static void trims(void **state)
{
    (void)state;
    assert_trimmed("", "");
    assert_trimmed("emu", "emu");
    assert_trimmed("a" WIDE, "a" WIDE);
    assert_trimmed("a\xe6\xbc", "a");
    assert_trimmed("a\xe6", "a");
    assert_trimmed("a\xf0\x9f\x98", "a");
    assert_trimmed("\xc3", "");
    char whole[] = "caf\xe9\0";
    columns_trim(whole, sizeof whole); /* there was room for more */
    assert_string_equal(whole, "caf\xe9");
    assert_trimmed("a\x80\x80\x80\x80\x80", "a\x80\x80\x80\x80\x80"); /* no UTF-8 from the begin */
}

static void fills(void **state)
{
    char *made = NULL;
    size_t size;
    FILE *file = open_memstream(&made, &size);

    (void)state;
    columns_left(file, UMLAUT, 3);
    columns_right(file, UMLAUT "b", 4);
    columns_left(file, "too long", 3);
    fclose(file);
    assert_string_equal(made, UMLAUT "  "
                                     "  " UMLAUT "b"
                                     "too long");
    free(made);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(widths),
        cmocka_unit_test(cuts),
        cmocka_unit_test(trims),
        cmocka_unit_test(fills),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
