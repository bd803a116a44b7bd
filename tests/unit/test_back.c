/* SPDX-License-Identifier: MIT */
/* Which snapshot replays, by LIGHTSSS_BACK, and which one in its place when that has died. */
#include "unit.h"

#include <string.h>

#include "run/back.h"

#define SECOND UINT64_C(1000000000)

static struct shared_page page;
static int32_t dead[SHARED_PAGE_SLOTS];
static unsigned dead_count;
static const struct back_end end = {.eval = 1000, .ns = 100 * SECOND};

static bool is_dead(int32_t pid)
{
    for (unsigned i = 0; i < dead_count; i++)
        if (dead[i] == pid)
            return true;
    return false;
}

static void add(unsigned place, int32_t pid, uint64_t number, uint64_t eval, uint64_t seconds)
{
    page.slots[place] =
        (struct shared_slot){.pid = pid, .number = number, .eval = eval, .taken_ns = seconds * SECOND};
    page.cost.snapshots = number > page.cost.snapshots ? number : page.cost.snapshots;
}

/* Snapshots 3 to 6, not in the order of their places; 3 is the oldest. */
static int set_up(void **state)
{
    (void)state;
    memset(&page, 0, sizeof page);
    dead_count = 0;
    add(9, 103, 3, 200, 20);
    add(2, 104, 4, 500, 50);
    add(64, 105, 5, 800, 80);
    add(0, 106, 6, 990, 99);
    return 0;
}

static const struct options oldest = {.back = {.kind = BACK_OLDEST}};

static struct options back_evals(uint64_t evals)
{
    return (struct options){.back = {.kind = BACK_EVALS, .evals = evals}};
}

static struct options back_window(uint64_t evals)
{
    return (struct options){.back = {.kind = BACK_WINDOW}, .window_evals = evals};
}

static struct options back_seconds(uint64_t seconds)
{
    return (struct options){.back = {.kind = BACK_TIME, .ns = seconds * SECOND}};
}

/* The numbers of those that get their turn, each after the one before has died. */
static void expect_order(struct options options, const uint64_t *numbers, size_t count)
{
    const struct shared_slot *slot;

    for (size_t i = 0; i < count; i++) {
        slot = back_choose(&options, &page, &end, is_dead);
        assert_non_null(slot);
        assert_int_equal(slot->number, numbers[i]);
        dead[dead_count++] = slot->pid;
    }
    assert_null(back_choose(&options, &page, &end, is_dead));
}

#define EXPECT_ORDER(options, ...)                                                                           \
    expect_order(options, (const uint64_t[]){__VA_ARGS__},                                                   \
                 sizeof((const uint64_t[]){__VA_ARGS__}) / sizeof(uint64_t))

static void the_oldest(void **state)
{
    (void)state;
    EXPECT_ORDER(oldest, 3, 4, 5, 6);
}

static void the_youngest_that_is_old_enough(void **state)
{
    (void)state;
    EXPECT_ORDER(back_evals(300), 4, 3, 5, 6);
}

static void exactly_so_far_back_is_old_enough(void **state)
{
    (void)state;
    EXPECT_ORDER(back_evals(500), 4, 3, 5, 6);
}

static void one_eval_less_is_not(void **state)
{
    (void)state;
    EXPECT_ORDER(back_evals(501), 3, 4, 5, 6);
}

static void the_youngest_of_all(void **state)
{
    (void)state;
    EXPECT_ORDER(back_evals(0), 6, 5, 4, 3);
}

static void none_is_old_enough(void **state)
{
    (void)state;
    EXPECT_ORDER(back_evals(801), 3, 4, 5, 6);
}

static void the_window(void **state)
{
    (void)state;
    EXPECT_ORDER(back_window(11), 5, 4, 3, 6);
}

static void the_window_of_one_that_just_fits(void **state)
{
    (void)state;
    EXPECT_ORDER(back_window(10), 6, 5, 4, 3);
}

static void a_window_of_everything(void **state)
{
    (void)state;
    EXPECT_ORDER(back_window(OPTIONS_WINDOW_ALL), 3, 4, 5, 6);
}

static void by_time(void **state)
{
    (void)state;
    EXPECT_ORDER(back_seconds(20), 5, 4, 3, 6);
}

static void by_more_time_than_there_is(void **state)
{
    (void)state;
    EXPECT_ORDER(back_seconds(81), 3, 4, 5, 6);
}

/* A failure inside the very eval at which a snapshot was taken. */
static void a_snapshot_behind_the_end(void **state)
{
    (void)state;
    add(1, 107, 7, 1000, 101);
    EXPECT_ORDER(back_evals(1), 6, 5, 4, 3, 7);
}

/* Killed between the copy and what the original notes of it: not all see it, so it is nobody's first. */
static void one_that_was_not_counted_comes_last(void **state)
{
    (void)state;
    add(1, 107, 7, 995, 99);
    page.cost.snapshots = 6;
    EXPECT_ORDER(back_evals(0), 6, 5, 4, 3, 7);
}

static void one_that_was_not_counted_is_better_than_none(void **state)
{
    (void)state;
    memset(&page, 0, sizeof page);
    add(0, 101, 1, 0, 1);
    page.cost.snapshots = 0;
    EXPECT_ORDER(back_window(100), 1);
}

static void a_spare_has_no_turn_of_its_own(void **state)
{
    (void)state;
    add(SHARED_PAGE_SPARE, 203, 3, 200, 20);
    EXPECT_ORDER(oldest, 3, 4, 5, 6);
}

#define TEST(name) cmocka_unit_test_setup(name, set_up)

int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(the_oldest),
        TEST(the_youngest_that_is_old_enough),
        TEST(exactly_so_far_back_is_old_enough),
        TEST(one_eval_less_is_not),
        TEST(the_youngest_of_all),
        TEST(none_is_old_enough),
        TEST(the_window),
        TEST(the_window_of_one_that_just_fits),
        TEST(a_window_of_everything),
        TEST(by_time),
        TEST(by_more_time_than_there_is),
        TEST(a_snapshot_behind_the_end),
        TEST(one_that_was_not_counted_comes_last),
        TEST(one_that_was_not_counted_is_better_than_none),
        TEST(a_spare_has_no_turn_of_its_own),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
