/* SPDX-License-Identifier: MIT */
/* The snapshots that are kept beside the first: which are asked for, what they hold, which goes first. */
#include "unit.h"

#include <string.h>

#include "run/kept_rungs.h"

static struct shared_page page;
static int32_t dead;

static bool is_dead(int32_t pid)
{
    return pid == dead;
}

static void add(unsigned place, uint64_t number, uint32_t kept, uint64_t bytes)
{
    page.slots[place] = (struct shared_slot){
        .pid = (int32_t)number,
        .number = number,
        .kept = kept,
        .kept_pid = kept == KEPT_COMING ? 0 : (int32_t)number + 100,
        .kept_bytes = bytes,
    };
}

/* 3 is the first, which is no rung; those behind it are not in the order of their places. */
static int set_up(void **state)
{
    (void)state;
    memset(&page, 0, sizeof page);
    dead = 0;
    add(9, 3, KEPT_NOT, 10);
    add(2, 4, KEPT_READY, 100);
    add(64, 5, KEPT_READY, 1000);
    add(0, 6, KEPT_COMING, 5);
    add(SHARED_PAGE_SPARE, 7, KEPT_READY, 5);
    return 0;
}

static void asked_from_the_youngest_on(void **state)
{
    const struct shared_slot *slot;
    uint64_t below = UINT64_MAX;

    (void)state;
    for (uint64_t number = 6; number > 3; number--) {
        slot = kept_rungs_parked(&page, 3, below, is_dead);
        assert_non_null(slot);
        assert_int_equal(slot->number, number);
        below = slot->number;
    }
    assert_null(kept_rungs_parked(&page, 3, below, is_dead));
    dead = 5;
    assert_int_equal(kept_rungs_parked(&page, 3, 6, is_dead)->number, 4);
}

static void listed_from_the_oldest_on(void **state)
{
    (void)state;
    assert_int_equal(kept_rungs_next(&page, 3, is_dead)->number, 4);
    assert_int_equal(kept_rungs_next(&page, 4, is_dead)->number, 5);
    assert_null(kept_rungs_next(&page, 5, is_dead));
    dead = 104;
    assert_int_equal(kept_rungs_next(&page, 3, is_dead)->number, 5);
}

static void held_together(void **state)
{
    (void)state;
    assert_int_equal(kept_rungs_bytes(&page, 9, is_dead), 1100);
    assert_int_equal(kept_rungs_bytes(&page, 2, is_dead), 1010);
    dead = 105;
    assert_int_equal(kept_rungs_bytes(&page, 2, is_dead), 10);
}

/* The first one last. */
static void those_in_the_middle_go_first(void **state)
{
    (void)state;
    assert_true(kept_rungs_goes_first(&page, 2, is_dead));
    assert_false(kept_rungs_goes_first(&page, 64, is_dead));
    assert_false(kept_rungs_goes_first(&page, 9, is_dead));
    dead = 104;
    assert_true(kept_rungs_goes_first(&page, 64, is_dead));
    assert_false(kept_rungs_goes_first(&page, 9, is_dead));
    add(64, 5, KEPT_FAILED, 0);
    assert_true(kept_rungs_goes_first(&page, 9, is_dead));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup(asked_from_the_youngest_on, set_up),
        cmocka_unit_test_setup(listed_from_the_oldest_on, set_up),
        cmocka_unit_test_setup(held_together, set_up),
        cmocka_unit_test_setup(those_in_the_middle_go_first, set_up),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
