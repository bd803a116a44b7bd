/* SPDX-License-Identifier: MIT */
/* Which snapshot stays: the oldest goes first, and holes close up. */
#include "unit.h"

#include "snapshot/limits/slots.h"

static void an_empty_queue_has_no_oldest(void **state)
{
    struct slots slots;

    (void)state;
    slots_init(&slots, 2);
    assert_null(slots_oldest(&slots));
    assert_int_equal(slots_newest_pid(&slots), 0);
    assert_int_equal(slots.count, 0);
    assert_false(slots_remove(&slots, 100));
}

static void the_oldest_is_evicted(void **state)
{
    struct slots slots;

    (void)state;
    slots_init(&slots, 2);
    assert_int_equal(slots_push(&slots, 101, 1), 0);
    assert_int_equal(slots_push(&slots, 102, 2), 0);
    assert_int_equal(slots_push(&slots, 103, 3), 101);
    assert_int_equal(slots_push(&slots, 104, 4), 102);
    assert_int_equal(slots.count, 2);
    assert_int_equal(slots_oldest(&slots)->pid, 103);
    assert_int_equal(slots_oldest(&slots)->number, 3);
    assert_int_equal(slots_newest_pid(&slots), 104);
}

static void one_slot_keeps_the_newest(void **state)
{
    struct slots slots;

    (void)state;
    slots_init(&slots, 1);
    assert_int_equal(slots_push(&slots, 101, 1), 0);
    assert_int_equal(slots_push(&slots, 102, 2), 101);
    assert_int_equal(slots_oldest(&slots)->pid, 102);
}

static void removing_keeps_the_order(void **state)
{
    struct slots slots;

    (void)state;
    slots_init(&slots, 4);
    for (pid_t pid = 101; pid <= 104; pid++)
        slots_push(&slots, pid, (uint64_t)pid);
    assert_true(slots_remove(&slots, 102));
    assert_false(slots_remove(&slots, 102));
    assert_true(slots_remove(&slots, 104));
    assert_int_equal(slots.count, 2);
    assert_int_equal(slots_push(&slots, 105, 105), 0);
    assert_int_equal(slots_push(&slots, 106, 106), 0);
    assert_int_equal(slots_push(&slots, 107, 107), 101);
    assert_int_equal(slots_push(&slots, 108, 108), 103);
    assert_int_equal(slots_oldest(&slots)->pid, 105);
    assert_true(slots_remove(&slots, 105));
    assert_int_equal(slots_oldest(&slots)->pid, 106);
    assert_int_equal(slots_oldest(&slots)->number, 106);
}

static void all_64_can_be_used(void **state)
{
    struct slots slots;

    (void)state;
    slots_init(&slots, SLOTS_MAX);
    for (pid_t pid = 1; pid <= SLOTS_MAX; pid++)
        assert_int_equal(slots_push(&slots, pid, (uint64_t)pid), 0);
    for (pid_t pid = SLOTS_MAX + 1; pid <= 3 * SLOTS_MAX; pid++)
        assert_int_equal(slots_push(&slots, pid, (uint64_t)pid), pid - SLOTS_MAX);
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

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(an_empty_queue_has_no_oldest), cmocka_unit_test(the_oldest_is_evicted),
        cmocka_unit_test(one_slot_keeps_the_newest),    cmocka_unit_test(removing_keeps_the_order),
        cmocka_unit_test(all_64_can_be_used),           cmocka_unit_test(limits_are_brought_into_range),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
