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

static uint64_t wanted[2];

static bool is_wanted(uint64_t number)
{
    return number == wanted[0] || number == wanted[1];
}

/* It stays when it loses its place, and then takes none from the others. */
static void a_held_one_stays(void **state)
{
    struct slots slots;

    (void)state;
    slots_init(&slots, 1);
    wanted[0] = wanted[1] = 1;
    slots_push(&slots, 101, 1);
    slots_hold(&slots, is_wanted);
    assert_false(slots_is_extra(&slots, 1));
    assert_int_equal(slots_push(&slots, 102, 2), 0);
    assert_true(slots_is_extra(&slots, 1));
    assert_int_equal(slots_push(&slots, 103, 3), 102);
    wanted[1] = 3;
    slots_hold(&slots, is_wanted);
    assert_int_equal(slots_push(&slots, 104, 4), 0);
    assert_int_equal(slots_push(&slots, 105, 5), 104);
    assert_int_equal(slots_excess(&slots), 0);
    assert_int_equal(slots_oldest(&slots)->pid, 101);
    assert_int_equal(slots.count, 3);
}

static void what_is_held_no_longer_goes(void **state)
{
    struct slots slots;

    (void)state;
    slots_init(&slots, 2);
    wanted[0] = 1;
    wanted[1] = 2;
    for (pid_t pid = 101; pid <= 103; pid++) {
        slots_push(&slots, pid, (uint64_t)pid - 100);
        slots_hold(&slots, is_wanted);
    }
    wanted[0] = wanted[1] = 0;
    slots_hold(&slots, is_wanted);
    assert_int_equal(slots_excess(&slots), 101); /* the other one has its place */
    slots_remove(&slots, 101);
    assert_int_equal(slots_excess(&slots), 0);
    assert_int_equal(slots_push(&slots, 104, 4), 102);
}

static bool is_any(uint64_t number)
{
    return number > 0;
}

/* There are only so many places, whatever is held. */
static void all_may_be_held(void **state)
{
    struct slots slots;

    (void)state;
    for (unsigned limit = 2; limit <= SLOTS_MAX; limit += SLOTS_MAX - 2) {
        slots_init(&slots, limit);
        for (pid_t pid = 1; pid <= SLOTS_MAX; pid++) {
            assert_int_equal(slots_push(&slots, pid, (uint64_t)pid), 0);
            slots_hold(&slots, is_any);
        }
        assert_int_equal(slots_push(&slots, SLOTS_MAX + 1, SLOTS_MAX + 1), 1);
        assert_int_equal(slots_push(&slots, SLOTS_MAX + 2, SLOTS_MAX + 2), 2);
        assert_int_equal(slots.count, SLOTS_MAX);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(an_empty_queue_has_no_oldest),
        cmocka_unit_test(the_oldest_is_evicted),
        cmocka_unit_test(one_slot_keeps_the_newest),
        cmocka_unit_test(removing_keeps_the_order),
        cmocka_unit_test(all_64_can_be_used),
        cmocka_unit_test(limits_are_brought_into_range),
        cmocka_unit_test(a_held_one_stays),
        cmocka_unit_test(what_is_held_no_longer_goes),
        cmocka_unit_test(all_may_be_held),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
