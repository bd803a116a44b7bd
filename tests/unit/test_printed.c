/* SPDX-License-Identifier: MIT */
/* Equal bytes are equal whatever their parts, every other is found, and the line that differs is told. */
#include "unit.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "replay/printed.h"

static struct printed original;
static struct printed_hash hash;
static struct printed_comparison comparison;
static char how_bytes[400];

static void begin(void)
{
    memset(&original.end, 0, sizeof original.end);
    memset(&hash, 0, sizeof hash);
}

static void keep(const char *text)
{
    printed_keep(&original, &hash, text, strlen(text));
}

/* What follows is kept by the original, but the replay begins here. */
static void snapshot(void)
{
    printed_compare_begin(&comparison, &original, &hash);
}

static void end(void)
{
    original.end = hash;
}

static void print(const char *text)
{
    printed_compare(&comparison, text, strlen(text));
}

static bool is_same(bool early)
{
    struct text how;

    text_init(&how, how_bytes, sizeof how_bytes);
    return printed_is_same(&comparison, "replay.stdout", early, &how);
}

static void check(const char *before, const char *kept, const char *printed, const char *how)
{
    begin();
    keep(before);
    snapshot();
    keep(kept);
    end();
    print(printed);
    assert_int_equal(is_same(false), *how == '\0');
    assert_string_equal(how_bytes, how);
}

static void same_bytes(void **state)
{
    (void)state;
    check("", "", "", "");
    check("abc\n", "", "", "");
    check("", "one\ntwo\n", "one\ntwo\n", "");
    check("begun ", "line\n", "line\n", "");
}

static void first_different_line(void **state)
{
    (void)state;
    check("a\nb\n", "one\ntwo\nthree\n", "one\ntwo!\nthree\n",
          "line 2 of replay.stdout is \"two!\" instead of \"two\"");
    check("", "one\ntime 17\nend\n", "one\ntime 18\nend\n",
          "line 2 of replay.stdout is \"time 18\" instead of \"time 17\"");
    check("", "time 17", "time 180", "line 1 of replay.stdout is \"time 180\" instead of \"time 17\"");
    check("", "a\nb\n", "a\nb\nc\nd\n", "line 3 of replay.stdout, \"c\", was not printed by the original");
    check("", "a\nb\nc\n", "a\n", "line 2 of replay.stdout is missing: \"b\"");
    check("", "a\nbcd\n", "a\nb", "line 2 of replay.stdout is \"b\" instead of \"bcd\"");
    check("", "\n", "", "line 1 of replay.stdout is missing: \"\"");
}

static void long_lines_are_shortened(void **state)
{
    char one[400], other[400], how[400];

    (void)state;
    memset(one, 'x', sizeof one);
    one[399] = '\0';
    memcpy(other, one, sizeof one);
    other[200] = 'y';
    snprintf(how, sizeof how, "line 1 of replay.stdout is \"...%.24sy%.59s...\" instead of \"...%.84s...\"",
             one, one, one);
    check("", one, other, how);
}

/* A line that the replay prints bit by bit, after it went another way. */
static void a_line_in_parts(void **state)
{
    (void)state;
    begin();
    snapshot();
    keep("count 1 of 3\nnext\n");
    end();
    print("cou");
    print("nt 2");
    print(" of");
    print(" 3\nmore\n");
    assert_false(is_same(false));
    assert_string_equal(how_bytes, "line 1 of replay.stdout is \"count 2 of 3\" instead of \"count 1 of 3\"");
}

/* An original that was ended from outside: either may have come further. */
static void early_ends(void **state)
{
    static const struct {
        const char *kept, *printed;
        bool same;
    } cases[] = {
        {"a\nb\n", "a\n", true}, {"a\n", "a\nb\n", true}, {"a\nb\n", "a\nc\n", false}, {"ab", "b", false}};

    (void)state;
    for (size_t i = 0; i < COUNT_OF(cases); i++) {
        check(cases[i].kept, "", "", "");
        begin();
        snapshot();
        keep(cases[i].kept);
        end();
        print(cases[i].printed);
        assert_false(is_same(false));
        assert_int_equal(is_same(true), cases[i].same);
    }
}

static char *big;
#define BIG_SIZE (PRINTED_KEPT * 2 + 12345)

static void fill_big(void)
{
    uint32_t random = 1;

    big = malloc(BIG_SIZE);
    assert_non_null(big);
    for (size_t i = 0; i < BIG_SIZE; i++) {
        random = random * 1664525 + 1013904223;
        big[i] = random >> 28 == 0 ? '\n' : (char)('a' + (random >> 24) % 26);
    }
}

/* Parts of every size from 1 on. */
static void keep_big(size_t from)
{
    size_t part = 1;

    for (; from < BIG_SIZE; from += part, part = part * 3 / 2 + 1) {
        part = part < BIG_SIZE - from ? part : BIG_SIZE - from;
        printed_keep(&original, &hash, big + from, part);
    }
}

static void print_big(size_t from, size_t part)
{
    for (; from < BIG_SIZE; from += part) {
        part = part < BIG_SIZE - from ? part : BIG_SIZE - from;
        printed_compare(&comparison, big + from, part);
    }
}

static void more_than_is_kept(void **state)
{
    (void)state;
    fill_big();
    for (size_t part = 7; part < BIG_SIZE * 3; part *= 40) {
        begin();
        snapshot();
        keep_big(0);
        end();
        print_big(0, part);
        assert_true(is_same(false));
    }
    /* A byte that is not kept any more: only the hash knows. */
    for (size_t at = 0; at < 100; at += 33) {
        begin();
        snapshot();
        keep_big(0);
        end();
        big[at]++;
        print_big(0, 1000);
        big[at]--;
        assert_false(is_same(false));
        assert_non_null(strstr(how_bytes, " bytes, which are not the "));
    }
    begin();
    snapshot();
    keep_big(0);
    end();
    big[BIG_SIZE - 10] = '!';
    print_big(0, 1000);
    assert_false(is_same(false));
    assert_non_null(strstr(how_bytes, " of replay.stdout (or one before) is "));
    free(big);
}

/* Each single byte of what is kept is compared, at every place in a block. */
static void every_byte_counts(void **state)
{
    char one[100], other[100];

    (void)state;
    memset(one, 'a', sizeof one);
    one[99] = '\0';
    for (size_t at = 0; at < 99; at++) {
        struct printed_hash first = {0}, second = {0};

        memcpy(other, one, sizeof one);
        other[at] = 'b';
        begin();
        snapshot();
        keep(one);
        end();
        print(other);
        assert_false(is_same(true));
        printed_hash_add(&first, one, 99);
        printed_hash_add(&second, other, 99);
        assert_memory_not_equal(&first, &second, sizeof first);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(same_bytes),
        cmocka_unit_test(first_different_line),
        cmocka_unit_test(long_lines_are_shortened),
        cmocka_unit_test(a_line_in_parts),
        cmocka_unit_test(early_ends),
        cmocka_unit_test(more_than_is_kept),
        cmocka_unit_test(every_byte_counts),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
