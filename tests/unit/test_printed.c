/* SPDX-License-Identifier: MIT */
/* Equal bytes are equal whatever their parts, every other is found, and the line that differs is told. */
#include "unit.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "record/printed.h"

static struct printed original;
static struct printed_own own;
static struct printed_comparison comparison;
static char how_bytes[400];

static void begin(void)
{
    original.count = original.sum = original.whole = original.end = 0;
    own = (struct printed_own){0};
}

static void keep_bytes(const char *bytes, size_t size)
{
    const struct iovec part = {(void *)bytes, size};

    assert_true(printed_add(&original, &own, &part, size));
}

static void keep(const char *text)
{
    keep_bytes(text, strlen(text));
}

/* What follows is kept by the original, but the replay begins here. */
static void snapshot(void)
{
    static struct printed_own copied;

    copied.count = atomic_load(&own.count);
    copied.sum = atomic_load(&own.sum);
    printed_compare_begin(&comparison, &original, &copied);
}

static void end(void)
{
    assert_true(printed_close(&original, &own));
}

static void print(const char *text)
{
    printed_compare(&comparison, text, strlen(text));
}

static bool is_same(enum printed_stop stop)
{
    struct text how;

    how = text_in(how_bytes, sizeof how_bytes);
    return printed_is_same(&comparison, "replay.stdout", stop, &how);
}

static void check(const char *before, const char *kept, const char *printed, const char *how)
{
    begin();
    keep(before);
    snapshot();
    keep(kept);
    end();
    print(printed);
    assert_int_equal(is_same(PRINTED_AT_END), *how == '\0');
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
    assert_false(is_same(PRINTED_AT_END));
    assert_string_equal(how_bytes, "line 1 of replay.stdout is \"count 2 of 3\" instead of \"count 1 of 3\"");
}

/* An original that was ended from outside: either may have come further. */
static void early_ends(void **state)
{
    static const struct {
        const char *kept, *printed;
        bool same, is_part;
    } cases[] = {{"a\nb\n", "a\n", true, true},
                 {"a\n", "a\nb\n", true, false},
                 {"a\nb\n", "a\nc\n", false, false},
                 {"ab", "b", false, false}};

    (void)state;
    for (size_t i = 0; i < COUNT_OF(cases); i++) {
        check(cases[i].kept, "", "", "");
        begin();
        snapshot();
        keep(cases[i].kept);
        end();
        print(cases[i].printed);
        assert_false(is_same(PRINTED_AT_END));
        assert_int_equal(is_same(PRINTED_EARLY), cases[i].same);
        assert_int_equal(is_same(PRINTED_IN_PART), cases[i].is_part);
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
        keep_bytes(big + from, part);
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
        assert_true(is_same(PRINTED_AT_END));
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
        assert_false(is_same(PRINTED_AT_END));
        assert_non_null(strstr(how_bytes, " bytes, which are not the "));
    }
    begin();
    snapshot();
    keep_big(0);
    end();
    big[BIG_SIZE - 10] = '!';
    print_big(0, 1000);
    assert_false(is_same(PRINTED_AT_END));
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
        memcpy(other, one, sizeof one);
        other[at] = 'b';
        begin();
        snapshot();
        keep(one);
        end();
        print(other);
        assert_false(is_same(PRINTED_EARLY));
        assert_int_not_equal(printed_sum(at * 7, one, 99), printed_sum(at * 7, other, 99));
    }
}

/* The sum does not depend on the parts, wherever in a block they begin, nor on their order. */
static void parts_make_the_sum(void **state)
{
    static char bytes[5000];

    (void)state;
    for (size_t i = 0; i < sizeof bytes; i++)
        bytes[i] = (char)(i * i + i / 256);
    for (size_t start = 0; start < 2100; start += 31) {
        uint64_t whole = printed_sum(start, bytes, sizeof bytes);

        for (size_t part = 1; part < sizeof bytes; part = part * 2 + 1) {
            uint64_t sum = 0;

            for (size_t at = 0; at < sizeof bytes; at += part)
                sum +=
                    printed_sum(start + at, bytes + at, part < sizeof bytes - at ? part : sizeof bytes - at);
            assert_true(sum == whole);
        }
        assert_true(whole != printed_sum(start + 1024, bytes, sizeof bytes));
    }
}

/* Only the highest bytes of words differ, and words change their places. */
static void what_a_product_hardly_sees(void **state)
{
    static char one[4096], other[4096];

    (void)state;
    memset(one, 'a', sizeof one);
    for (size_t i = 0; i < 128; i++)
        for (size_t j = 0; j < 512; j++) {
            memcpy(other, one, sizeof one);
            other[i * 8 + 7]++;
            other[j * 8 + 7]++;
            assert_true(printed_sum(0, one, sizeof one) != printed_sum(0, other, sizeof other));
        }
}

/* A thread that was in the middle at the snapshot finishes in the copy's own memory. */
static void a_snapshot_in_the_middle(void **state)
{
    struct printed_own copied;

    (void)state;
    begin();
    keep("before\n");
    copied = own;
    keep("in the middle\n");
    copied.count = atomic_load(&own.count);
    printed_compare_begin(&comparison, &original, &copied);
    keep("after\n");
    end();
    atomic_fetch_add(&copied.sum, printed_sum(7, "in the middle\n", 14));
    print("after\n");
    assert_true(is_same(PRINTED_AT_END));
    const struct iovec part = {(void *)"x", 1};
    assert_false(printed_add(&original, &copied, &part, 1));
    assert_false(printed_add(&original, &own, &part, 1));
}

/* An original that was killed after the sum was added to, and before the bytes were counted. */
static void killed_in_the_middle(void **state)
{
    (void)state;
    begin();
    snapshot();
    keep("a\n");
    atomic_fetch_add(&original.sum, printed_sum(2, "b\n", 2));
    print("a\n");
    assert_true(is_same(PRINTED_EARLY));
    print("b\n");
    assert_true(is_same(PRINTED_EARLY));
    begin();
    snapshot();
    keep("a\n");
    atomic_fetch_add(&original.sum, printed_sum(2, "b\n", 2));
    print("c\n");
    assert_false(is_same(PRINTED_EARLY));
}

/* A signal handler has printed and ended the process while the thread that it interrupted had a place for
 * bytes that it has not copied: they are not known, nor is where the handler's belong in a replay. */
static void a_gap_in_the_middle(void **state)
{
    (void)state;
    begin();
    snapshot();
    keep("first\n");
    atomic_fetch_add(&own.count, 7);
    keep("handler\n");
    assert_false(printed_close(&original, &own));
    printed_cut(&original);
    print("first\n");
    assert_true(is_same(PRINTED_AT_END));
    print("second\nhandler\n");
    assert_true(is_same(PRINTED_AT_END));
    snapshot();
    print("f1rst\n");
    assert_false(is_same(PRINTED_AT_END));
}

/* The same, but the gap is filled in the end. */
static void a_gap_that_is_filled(void **state)
{
    const struct iovec part = {(void *)"second\n", 7};
    struct printed_own late = {.count = 6};

    (void)state;
    begin();
    snapshot();
    keep("first\n");
    atomic_fetch_add(&own.count, 7);
    keep("handler\n");
    assert_int_equal(original.whole, 6);
    assert_true(printed_add(&original, &late, &part, 7));
    atomic_fetch_add(&own.sum, atomic_load(&late.sum));
    keep("");
    assert_int_equal(original.whole, 21);
    end();
    print("first\nsecond\nhandler\n");
    assert_true(is_same(PRINTED_AT_END));
}

/* A thread was inside a write(): how much of it came out is not known, but what is known must be the same. */
static void cut_off(void **state)
{
    (void)state;
    begin();
    snapshot();
    keep("a\n");
    end();
    printed_cut(&original);
    print("a\n");
    assert_true(is_same(PRINTED_AT_END));
    print("b\n");
    assert_true(is_same(PRINTED_AT_END));
    begin();
    snapshot();
    keep("a\n");
    end();
    printed_cut(&original);
    print("c\n");
    assert_false(is_same(PRINTED_AT_END));
    assert_string_equal(how_bytes, "line 1 of replay.stdout is \"c\" instead of \"a\"");
}

static void nul_bytes(void **state)
{
    (void)state;
    begin();
    snapshot();
    keep_bytes("a\0b\n", 4);
    end();
    printed_compare(&comparison, "a\0c\n", 4);
    assert_false(is_same(PRINTED_AT_END));
    assert_string_equal(how_bytes, "line 1 of replay.stdout is \"a?c\" instead of \"a?b\"");
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
        cmocka_unit_test(parts_make_the_sum),
        cmocka_unit_test(what_a_product_hardly_sees),
        cmocka_unit_test(a_snapshot_in_the_middle),
        cmocka_unit_test(killed_in_the_middle),
        cmocka_unit_test(a_gap_in_the_middle),
        cmocka_unit_test(a_gap_that_is_filled),
        cmocka_unit_test(cut_off),
        cmocka_unit_test(nul_bytes),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
