/* SPDX-License-Identifier: MIT */
/* The margin at the limit on processes. */
#include "unit.h"

#include <string.h>

#include "snapshot/limits/process_limit.h"

static struct process_left left_of(uint64_t limit, uint64_t used)
{
    struct process_left left = {.left = UINT64_MAX, .limit = UINT64_MAX};

    process_limit_add(&left, PROCESS_LIMIT_GROUP, limit, used);
    return left;
}

static void the_nearest_counts(void **state)
{
    struct process_left left = left_of(100, 40);

    (void)state;
    process_limit_add(&left, PROCESS_LIMIT_MACHINE, 30000, 200);
    assert_int_equal(left.left, 60);
    process_limit_add(&left, PROCESS_LIMIT_USER, 64, 70); /* it was lowered since */
    assert_int_equal(left.left, 0);
    assert_int_equal(left.limit, 64);
    assert_int_equal(left.which, PROCESS_LIMIT_USER);
}

static void without_a_limit_there_is_room(void **state)
{
    const struct process_left left = {.left = UINT64_MAX, .limit = UINT64_MAX};

    (void)state;
    assert_false(process_limit_is_short(&left, true));
    assert_true(process_limit_has_room(&left, true));
    assert_false(process_limit_is_near(&left));
}

/* limit, used, and then: is one to go, is there room for one more; where programs are started the same. */
static void margins(void **state)
{
    static const struct {
        uint64_t limit, used;
        bool is_short, has_room, is_short_for_programs, has_room_for_programs;
    } rows[] = {
        {1, 1, false, false, true, false},       {2, 1, false, true, true, false},
        {2, 2, false, false, true, false},       {8, 1, false, true, true, false},
        {8, 6, false, false, true, false},       {8, 7, true, false, true, false},
        {32, 16, false, true, false, false},     {32, 15, false, true, false, true},
        {1000, 984, false, false, false, false}, {1000, 985, true, false, true, false},
        {1000, 900, false, true, false, true},
    };

    (void)state;
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        struct process_left left = left_of(rows[i].limit, rows[i].used);

        print_message("%d of %d\n", (int)rows[i].used, (int)rows[i].limit);
        assert_int_equal(process_limit_is_short(&left, false), rows[i].is_short);
        assert_int_equal(process_limit_has_room(&left, false), rows[i].has_room);
        assert_int_equal(process_limit_is_short(&left, true), rows[i].is_short_for_programs);
        assert_int_equal(process_limit_has_room(&left, true), rows[i].has_room_for_programs);
    }
}

/* Else one would be taken and given up again and again. */
static void what_there_is_room_for_may_stay(void **state)
{
    (void)state;
    for (uint64_t limit = 1; limit < 300; limit++)
        for (uint64_t used = 0; used <= limit; used++)
            for (int programs = 0; programs < 2; programs++) {
                struct process_left before = left_of(limit, used), after = left_of(limit, used + 1);

                if (process_limit_has_room(&before, programs))
                    assert_false(process_limit_is_short(&after, programs));
            }
}

static void the_limit_is_named(void **state)
{
    char bytes[200];
    struct text text;
    struct process_left left = left_of(8, 3);

    (void)state;
    text = text_in(bytes, sizeof bytes);
    process_limit_describe(&left, &text);
    assert_string_equal(bytes,
                        "only 5 more processes or threads are allowed in the control group (pids.max 8)");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(the_nearest_counts),
        cmocka_unit_test(without_a_limit_there_is_room),
        cmocka_unit_test(margins),
        cmocka_unit_test(what_there_is_room_for_may_stay),
        cmocka_unit_test(the_limit_is_named),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
