/* SPDX-License-Identifier: MIT */
/* The formatter against the C library's own, and its behaviour at the end of the buffer. */
#include "unit.h"

#include <inttypes.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/types.h>

#include "base/text.h"

/* Formats twice and compares: what snprintf makes of the same arguments is the truth. */
#define assert_like_snprintf(...)                                                                            \
    do {                                                                                                     \
        char ours[200], theirs[200];                                                                         \
        struct text text;                                                                                    \
        text = text_in(ours, sizeof(ours));                                                                  \
        text_format(&text, __VA_ARGS__);                                                                     \
        snprintf(theirs, sizeof(theirs), __VA_ARGS__);                                                       \
        assert_string_equal(ours, theirs);                                                                   \
        assert_int_equal(text.length, strlen(theirs));                                                       \
        assert_false(text.cut);                                                                              \
    } while (0)

static void strings(void **state)
{
    (void)state;
    assert_like_snprintf("plain");
    assert_like_snprintf("%s", "");
    assert_like_snprintf("a %s b %s c", "one", "two");
    assert_like_snprintf("%5s|%-5s|%2s", "ab", "cd", "efgh");
    assert_like_snprintf("%.*s|%.2s|%.9s", 3, "abcdef", "xyz", "short");
    assert_like_snprintf("%*s|%-8.3s|", 6, "abc", "abcdef");
    assert_like_snprintf("%c%c%c 100%%", 'x', 'y', 'z');
    assert_like_snprintf("%3c|%-3c|", 'x', 'y');
}

static void precision_reads_no_further(void **state)
{
    char *two = malloc(2); /* the sanitizer sees a third byte being read */
    char buffer[16];
    struct text text;

    (void)state;
    two[0] = 'a';
    two[1] = 'b';
    text = text_in(buffer, sizeof(buffer));
    text_format(&text, "%.*s", 2, two);
    assert_string_equal(buffer, "ab");
    free(two);
}

static void numbers(void **state)
{
    (void)state;
    assert_like_snprintf("%d %i %u %x", 0, -1, 1u, 0xbeefu);
    assert_like_snprintf("%d %d %u", INT_MIN, INT_MAX, UINT_MAX);
    assert_like_snprintf("%ld %ld %lu %lx", LONG_MIN, LONG_MAX, ULONG_MAX, ULONG_MAX);
    assert_like_snprintf("%lld %lld %llu %llx", LLONG_MIN, LLONG_MAX, ULLONG_MAX, ULLONG_MAX);
    assert_like_snprintf("%" PRIu64 " %" PRId64 " %" PRIx64, UINT64_MAX, INT64_MIN, UINT64_MAX);
    assert_like_snprintf("%zu %zd", SIZE_MAX, (ssize_t)-5);
    assert_like_snprintf("%jd %td", (intmax_t)-7, (ptrdiff_t)9);
    assert_like_snprintf("%hd %hhu", (short)-3, (unsigned char)200);
}

static void widths(void **state)
{
    (void)state;
    assert_like_snprintf("%5d|%-5d|%05d|%05d|%2d", 42, 42, 42, -42, 12345);
    assert_like_snprintf("%5d|%-5d|%08x|%-8x|%*u", -42, -42, 0xabcu, 0xabcu, 7, 99u);
    assert_like_snprintf("%020" PRIu64 "|%20" PRIu64, UINT64_MAX, UINT64_MAX);
    assert_like_snprintf("%30d|%030d", -1, -1);
}

static void pointers(void **state)
{
    (void)state;
    assert_like_snprintf("%p", (void *)state);
    assert_like_snprintf("%20p|%-20p|", (void *)state, (void *)state);
}

static void null_string(void **state)
{
    char buffer[32];
    struct text text;
    const char *volatile nothing = NULL; /* the compiler would warn about a plain one */

    (void)state;
    text = text_in(buffer, sizeof(buffer));
    text_format(&text, "%s", nothing);
    assert_string_equal(buffer, "(null)");
}

static void unknown_conversion_is_copied(void **state)
{
    char buffer[64];
    struct text text;
    const char *volatile format = "a %d b %f c %d";

    (void)state;
    text = text_in(buffer, sizeof(buffer));
#pragma GCC diagnostic push
#pragma GCC diagnostic ignored "-Wformat-nonliteral"
    text_format(&text, format, 1, 2.0, 3);
#pragma GCC diagnostic pop
    assert_string_equal(buffer, "a 1 b %f c %d");
}

/* At every buffer size the result is the first bytes of the whole, and nothing behind the buffer is touched.
 */
static void every_size_cuts_to_a_prefix(void **state)
{
    static const char whole[] = "name    -0042 beef    7";

    (void)state;
    for (size_t size = 1; size <= sizeof(whole) + 1; size++) {
        char *buffer = malloc(size);
        struct text text;

        text = text_in(buffer, size);
        text_format(&text, "%-7s %05d %x %4u", "name", -42, 0xbeefu, 7u);
        assert_int_equal(text.length, size < sizeof(whole) ? size - 1 : strlen(whole));
        assert_int_equal(text.cut, size < sizeof(whole));
        assert_memory_equal(buffer, whole, text.length);
        assert_int_equal(buffer[text.length], '\0');
        free(buffer);
    }
}

static void assert_json(const char *string, size_t length, const char *expected)
{
    char buffer[128];
    struct text text;

    text = text_in(buffer, sizeof(buffer));
    text_json(&text, string, length);
    assert_string_equal(buffer, expected);
    assert_false(text.cut);
}

static void json_escapes(void **state)
{
    (void)state;
    assert_json("", 0, "\"\"");
    assert_json("./emu", 5, "\"./emu\"");
    assert_json("a\"b\\c", 5, "\"a\\\"b\\\\c\"");
    assert_json("\n\r\t\x01\x1f\x7f\b", 7, "\"\\n\\r\\t\\u0001\\u001f\\u007f\\u0008\"");
    assert_json("a\0b", 3, "\"a\\u0000b\"");
    assert_json(NULL, 0, "null");
}

static void json_keeps_utf8_and_replaces_the_rest(void **state)
{
    (void)state;
    assert_json("\xc3\xa9", 2, "\"\xc3\xa9\"");                             /* two bytes */
    assert_json("\xe2\x82\xac", 3, "\"\xe2\x82\xac\"");                     /* three */
    assert_json("\xc2\x9b", 2, "\"\\u009b\"");                              /* a control */
    assert_json("\xc2\xa0", 2, "\"\xc2\xa0\"");                             /* none */
    assert_json("\xf0\x9f\x98\x80", 4, "\"\xf0\x9f\x98\x80\"");             /* four */
    assert_json("\xf4\x8f\xbf\xbf", 4, "\"\xf4\x8f\xbf\xbf\"");             /* U+10FFFF */
    assert_json("\xff", 1, "\"\\ufffd\"");                                  /* never a first byte */
    assert_json("a\x80z", 3, "\"a\\ufffdz\"");                              /* stray continuation */
    assert_json("\xc3", 1, "\"\\ufffd\"");                                  /* ends too early */
    assert_json("\xc3z", 2, "\"\\ufffdz\"");                                /* no continuation */
    assert_json("\xc0\x80", 2, "\"\\ufffd\\ufffd\"");                       /* overlong NUL */
    assert_json("\xe0\x9f\xbf", 3, "\"\\ufffd\\ufffd\\ufffd\"");            /* overlong */
    assert_json("\xed\xa0\x80", 3, "\"\\ufffd\\ufffd\\ufffd\"");            /* surrogate */
    assert_json("\xf0\x8f\xbf\xbf", 4, "\"\\ufffd\\ufffd\\ufffd\\ufffd\""); /* overlong */
    assert_json("\xf4\x90\x80\x80", 4, "\"\\ufffd\\ufffd\\ufffd\\ufffd\""); /* past U+10FFFF */
    assert_json("\xf5\x80\x80\x80", 4, "\"\\ufffd\\ufffd\\ufffd\\ufffd\""); /* no such first byte */
    assert_json("\xe2\x82", 2, "\"\\ufffd\\ufffd\"");                       /* cut in the middle */
    assert_json("\xf0\x9f\x98", 3, "\"\\ufffd\\ufffd\\ufffd\"");
}

static void assert_bytes(const char *string, size_t length, const char *expected)
{
    char buffer[128];
    struct text text = text_in(buffer, sizeof buffer);

    text_json_bytes(&text, "name", string, length);
    assert_string_equal(buffer, expected);
}

static void json_gives_bytes_back(void **state)
{
    (void)state;
    assert_bytes(NULL, 0, "");
    assert_bytes("", 0, "");
    assert_bytes("./emu 100%", 10, "");
    assert_bytes("\xc3\xa9", 2, "");
    assert_bytes("a\xffz", 3, ", \"name_bytes\": \"a%FFz\"");
    assert_bytes("\xc3\xa9\xe9\"%\\\n\x7f", 8, ", \"name_bytes\": \"\xc3\xa9%E9%22%25%5C%0A%7F\"");
    assert_bytes("\xe2\x82", 2, ", \"name_bytes\": \"%E2%82\"");
    assert_bytes("\xff\0", 2, ", \"name_bytes\": \"%FF%00\"");
}

static void json_does_not_read_past_its_length(void **state)
{
    char *one = malloc(1);

    (void)state;
    one[0] = '\xf0';
    assert_json(one, 1, "\"\\ufffd\"");
    free(one);
}

static void json_cut_leaves_no_half_escape(void **state)
{
    static const char string[] = "\"\x01\xe2\x82\xac\xffz";
    static const char *const pieces[] = {"\"", "\\\"", "\\u0001", "\xe2\x82\xac", "\\ufffd", "z", "\""};

    (void)state;
    for (size_t size = 1; size < 30; size++) {
        char *buffer = malloc(size);
        char expected[64] = "";
        size_t length = 0;
        struct text text;

        for (size_t i = 0; i < COUNT_OF(pieces) && length + strlen(pieces[i]) < size; i++) {
            memcpy(expected + length, pieces[i], strlen(pieces[i]) + 1);
            length += strlen(pieces[i]);
        }
        text = text_in(buffer, size);
        text_json(&text, string, strlen(string));
        assert_string_equal(buffer, expected);
        assert_int_equal(text.cut, size <= 20);
        free(buffer);
    }
}

static void assert_fixed(uint64_t value, unsigned digits, unsigned decimals, const char *expected)
{
    char buffer[64];
    struct text text;

    text = text_in(buffer, sizeof(buffer));
    text_fixed(&text, value, digits, decimals);
    assert_string_equal(buffer, expected);
}

static void fixed_point(void **state)
{
    (void)state;
    assert_fixed(3249999, 6, 1, "3.2");
    assert_fixed(3250000, 6, 1, "3.3");
    assert_fixed(9999999, 6, 1, "10.0");
    assert_fixed(999, 6, 3, "0.001");
    assert_fixed(4000, 6, 3, "0.004");
    assert_fixed(0, 6, 2, "0.00");
    assert_fixed(1499, 3, 0, "1");
    assert_fixed(1500, 3, 0, "2");
    assert_fixed(42, 0, 0, "42");
    assert_fixed(42, 0, 2, "42.00");
    assert_fixed(425, 2, 4, "4.2500");
    assert_fixed(UINT64_MAX, 9, 9, "18446744073.709551615");
    assert_fixed(UINT64_MAX, 19, 1, "1.8");
    assert_fixed(UINT64_MAX, 0, 0, "18446744073709551615");
}

static void assert_shown(const char *string, const char *expected)
{
    char buffer[100];

    snprintf(buffer, sizeof(buffer), "%s", string);
    text_hide_controls(buffer, strlen(buffer));
    assert_string_equal(buffer, expected);
}

static void controls_are_hidden_from_terminals(void **state)
{
    (void)state;
    assert_shown("", "");
    assert_shown("./emu", "./emu");
    assert_shown("a\nb\x1b[31m\x7f", "a?b?[31m?");
    assert_shown("\xc2\x9b"
                 "2J",
                 "??2J"); /* what ESC [ is in one character */
    assert_shown("\x9b"
                 "2J \x80 \x9f",
                 "?2J ? ?");                                                          /* and in one byte */
    assert_shown("\xc3\x9b \xc2\xa0 \xe2\x82\x9b", "\xc3\x9b \xc2\xa0 \xe2\x82\x9b"); /* parts of letters */
    assert_shown("a\xe2\x80\xae"
                 "b \xe2\x80\xa8 \xef\xbb\xbf",
                 "a???b ??? ???"); /* the other direction, the end of a line, a mark of order */
    assert_shown("\xf3\xa0\x81\x81", "????");
    assert_shown("\xe2\x80\x8d\xe2\x80\x8c\xd7\x90", "\xe2\x80\x8d\xe2\x80\x8c\xd7\x90"); /* of scripts */
    assert_shown("\xe9t\xe9", "\xe9t\xe9");                                               /* Latin-1 stays */
    assert_shown("\xc2", "\xc2");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(strings),
        cmocka_unit_test(precision_reads_no_further),
        cmocka_unit_test(numbers),
        cmocka_unit_test(widths),
        cmocka_unit_test(pointers),
        cmocka_unit_test(null_string),
        cmocka_unit_test(unknown_conversion_is_copied),
        cmocka_unit_test(every_size_cuts_to_a_prefix),
        cmocka_unit_test(json_escapes),
        cmocka_unit_test(json_keeps_utf8_and_replaces_the_rest),
        cmocka_unit_test(json_gives_bytes_back),
        cmocka_unit_test(json_does_not_read_past_its_length),
        cmocka_unit_test(json_cut_leaves_no_half_escape),
        cmocka_unit_test(fixed_point),
        cmocka_unit_test(controls_are_hidden_from_terminals),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
