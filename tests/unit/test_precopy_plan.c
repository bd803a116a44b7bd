/* SPDX-License-Identifier: MIT */
/* Which pages a snapshot copies ahead of the original, and in which memory. */
#include "unit.h"

#include <stdio.h>
#include <string.h>

#include "snapshot/page_map.h"
#include "snapshot/precopy_plan.h"

#define ALONE  (PAGE_MAP_PRESENT | PAGE_MAP_ALONE)
#define SHARED PAGE_MAP_PRESENT

static struct precopy_block block;

static void fill(uint64_t first_page, uint64_t before, uint64_t own)
{
    block = (struct precopy_block){.first_page = first_page, .count = PRECOPY_BLOCK};
    for (unsigned i = 0; i < PRECOPY_BLOCK; i++) {
        block.before[i] = before;
        block.own[i] = own;
    }
}

/* Pages of all runs; each is marked. */
static unsigned plan(uint64_t number, char marks[PRECOPY_BLOCK])
{
    unsigned at = 0, first = 0, count, sum = 0;

    memset(marks, 0, PRECOPY_BLOCK);
    for (; precopy_plan_run(&block, number, &at, &first, &count); sum += count) {
        assert_in_range(count, 1, PRECOPY_RUN);
        assert_true(first + count <= at && at <= block.count);
        for (unsigned i = first; i < first + count; i++) {
            assert_int_equal(marks[i], 0);
            marks[i] = 1;
        }
    }
    return sum;
}

static void only_what_was_written_and_is_shared(void **state)
{
    static const uint64_t not_written[] = {0, SHARED, PAGE_MAP_ALONE, ALONE | PAGE_MAP_FILE};
    static const uint64_t not_shared[] = {0, ALONE, SHARED | PAGE_MAP_FILE};
    char marks[PRECOPY_BLOCK];

    (void)state;
    for (size_t i = 0; i < COUNT_OF(not_written); i++) {
        fill(0, not_written[i], SHARED);
        assert_int_equal(precopy_plan_alone(&block), 0);
        assert_int_equal(plan(1, marks), 0);
    }
    for (size_t i = 0; i < COUNT_OF(not_shared); i++) {
        fill(0, ALONE, not_shared[i]);
        assert_int_equal(precopy_plan_alone(&block), PRECOPY_BLOCK);
        assert_int_equal(plan(1, marks), 0);
    }
}

/* What was copied ahead looks as if it were written; so each page has its turn to be left alone. */
static void each_page_is_left_out_now_and_then(void **state)
{
    unsigned left_out[PRECOPY_BLOCK] = {0};
    char marks[PRECOPY_BLOCK];

    (void)state;
    fill((uint64_t)77 * PRECOPY_BLOCK, ALONE, SHARED);
    for (uint64_t number = 5; number < 5 + 8; number++) {
        assert_int_equal(plan(number, marks), PRECOPY_BLOCK * 7 / 8);
        for (unsigned i = 0; i < PRECOPY_BLOCK; i++)
            left_out[i] += marks[i] == 0;
    }
    for (unsigned i = 0; i < PRECOPY_BLOCK; i++)
        assert_int_equal(left_out[i], 1);
}

static void runs_end_where_pages_are_not_wanted(void **state)
{
    unsigned at = 0, first = 0, count;

    (void)state;
    fill(16, SHARED, SHARED);
    block.before[3] = block.before[4] = block.before[9] = ALONE;
    assert_int_equal(precopy_plan_alone(&block), 3);
    assert_true(precopy_plan_run(&block, 1, &at, &first, &count));
    assert_int_equal(first, 3);
    assert_int_equal(count, 2);
    assert_true(precopy_plan_run(&block, 1, &at, &first, &count));
    assert_int_equal(first, 9);
    assert_int_equal(count, 1);
    assert_false(precopy_plan_run(&block, 1, &at, &first, &count));
}

static void a_short_block_ends_early(void **state)
{
    unsigned at = 0, first = 0, count;

    (void)state;
    fill(16, ALONE, SHARED);
    block.count = 2;
    assert_true(precopy_plan_run(&block, 1, &at, &first, &count));
    assert_int_equal(count, 2);
    assert_false(precopy_plan_run(&block, 1, &at, &first, &count));
}

static void private_memory_is_found_in_the_list(void **state)
{
    static const char list[] = "55d0c0de0000-55d0c0de2000 r--p 00000000 08:01 1234   /usr/bin/emu - x rw-p\n"
                               "55d0c0de2000-55d0c0de7000 rw-p 00002000 08:01 1234   /usr/bin/emu\n"
                               "7f0000000000-7f0000021000 rw-s 00000000 00:01 5   /dev/zero (deleted)\n"
                               "7f0000030000-7f0000031000 -w-p 00000000 00:00 0\n"
                               "7f0000040000-7f0000042000 rwxp 00000000 00:00 0 \n"
                               "ffffffffff600000-ffffffffff601000 --xp 00000000 00:00 0   [vsyscall]\n";
    static const uint64_t wanted[][2] = {{0x55d0c0de2000, 0x55d0c0de7000}, {0x7f0000040000, 0x7f0000042000}};
    struct precopy_maps maps = {.field = 0};
    size_t found = 0;

    (void)state;
    for (const char *byte = list; *byte != '\0'; byte++)
        if (precopy_plan_read(&maps, *byte)) {
            if (found == COUNT_OF(wanted)) {
                fail_msg("too many");
                return;
            }
            assert_int_equal(maps.number[0], wanted[found][0]);
            assert_int_equal(maps.number[1], wanted[found][1]);
            found++;
        }
    assert_int_equal(found, COUNT_OF(wanted));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(only_what_was_written_and_is_shared),
        cmocka_unit_test(each_page_is_left_out_now_and_then),
        cmocka_unit_test(runs_end_where_pages_are_not_wanted),
        cmocka_unit_test(a_short_block_ends_early),
        cmocka_unit_test(private_memory_is_found_in_the_list),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
