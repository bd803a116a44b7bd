/* SPDX-License-Identifier: MIT */
/* What is parked, in order: holes close up, and where all places are taken the oldest goes. */
#include "unit.h"

#include "snapshot/limits/slots.h"

static pid_t push(struct slots *slots, pid_t pid)
{
    const struct slot slot = {.pid = pid, .number = (uint64_t)pid};

    return slots_push(slots, &slot);
}

static void an_empty_list_has_no_oldest(void **state)
{
    struct slots slots;

    (void)state;
    slots_init(&slots, 2);
    assert_null(slots_oldest(&slots));
    assert_null(slots_newest(&slots));
    assert_int_equal(slots.count, 0);
    assert_false(slots_remove(&slots, 100));
}

static void the_first_is_the_oldest(void **state)
{
    struct slots slots;

    (void)state;
    slots_init(&slots, 2);
    for (pid_t pid = 101; pid <= 104; pid++)
        assert_int_equal(push(&slots, pid), 0); /* which one goes then is not for the list to say */
    assert_int_equal(slots.count, 4);
    assert_int_equal(slots_oldest(&slots)->pid, 101);
    assert_int_equal(slots_oldest(&slots)->number, 101);
    assert_int_equal(slots_newest(&slots)->pid, 104);
}

static void removing_keeps_the_order(void **state)
{
    static const pid_t left[] = {101, 103, 105};
    struct slots slots;

    (void)state;
    slots_init(&slots, 4);
    for (pid_t pid = 101; pid <= 104; pid++)
        push(&slots, pid);
    assert_true(slots_remove(&slots, 102));
    assert_false(slots_remove(&slots, 102));
    assert_true(slots_remove(&slots, 104));
    assert_int_equal(slots.count, 2);
    assert_int_equal(push(&slots, 105), 0);
    assert_int_equal(slots.count, COUNT_OF(left));
    for (size_t i = 0; i < COUNT_OF(left); i++)
        assert_int_equal(slots.slot[i].number, left[i]);
    assert_true(slots_remove(&slots, 101));
    assert_int_equal(slots_oldest(&slots)->pid, 103);
    assert_int_equal(slots_oldest(&slots)->number, 103);
}

static void all_64_can_be_used(void **state)
{
    struct slots slots;

    (void)state;
    slots_init(&slots, SLOTS_MAX);
    for (pid_t pid = 1; pid <= SLOTS_MAX; pid++)
        assert_int_equal(push(&slots, pid), 0);
    for (pid_t pid = SLOTS_MAX + 1; pid <= 3 * SLOTS_MAX; pid++)
        assert_int_equal(push(&slots, pid), pid - SLOTS_MAX);
    assert_int_equal(slots.count, SLOTS_MAX);
}

static void limits_are_brought_into_range(void **state)
{
    struct slots slots;

    (void)state;
    slots_init(&slots, 0);
    assert_int_equal(slots.limit, 1);
    slots_init(&slots, SLOTS_MAX + 1);
    assert_int_equal(slots.limit, SLOTS_MAX);
}

static bool is_odd(uint64_t number)
{
    return number % 2 != 0;
}

static void mark_old_ones(struct slots *slots, unsigned count)
{
    for (unsigned i = 0; i < count; i++)
        slots->slot[i].extra = true;
}

static void an_extra_goes_that_is_not_held(void **state)
{
    struct slots slots;

    (void)state;
    slots_init(&slots, 1);
    for (pid_t pid = 1; pid <= 4; pid++)
        push(&slots, pid);
    assert_int_equal(slots_excess(&slots), 0);
    mark_old_ones(&slots, 3);
    assert_int_equal(slots_excess(&slots), 1);
    slots_hold(&slots, is_odd);
    assert_int_equal(slots_excess(&slots), 2);
    slots_remove(&slots, 2);
    assert_int_equal(slots_excess(&slots), 0);
    assert_true(slots_is_extra(&slots, 3));
    assert_false(slots_is_extra(&slots, 4));
    assert_false(slots_is_extra(&slots, 5));
}

/* There are only so many places, whatever is held. */
static void where_all_places_are_taken_the_oldest_extra_goes(void **state)
{
    struct slots slots;

    (void)state;
    slots_init(&slots, 2);
    for (pid_t pid = 1; pid <= SLOTS_MAX; pid++)
        push(&slots, pid);
    slots.slot[4].extra = slots.slot[6].extra = true;
    slots_hold(&slots, is_odd);
    assert_int_equal(push(&slots, SLOTS_MAX + 1), 5);
    assert_int_equal(push(&slots, SLOTS_MAX + 2), 7);
    assert_int_equal(push(&slots, SLOTS_MAX + 3), 1);
    assert_int_equal(slots.count, SLOTS_MAX);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(an_empty_list_has_no_oldest),
        cmocka_unit_test(the_first_is_the_oldest),
        cmocka_unit_test(removing_keeps_the_order),
        cmocka_unit_test(all_64_can_be_used),
        cmocka_unit_test(limits_are_brought_into_range),
        cmocka_unit_test(an_extra_goes_that_is_not_held),
        cmocka_unit_test(where_all_places_are_taken_the_oldest_extra_goes),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
