/* SPDX-License-Identifier: MIT */
/* The simulator's children without snapshots. */
#include "unit.h"

#include <sys/wait.h>

#include "snapshot/family.h"

#define SNAPSHOT 77

static struct family family; /* as in an original: in the beginning all zero */

static const struct rusage at_start = {.ru_utime = {1, 400000}, .ru_minflt = 10, .ru_maxrss = 3000};

static struct rusage usage_of(long user_us, long system_us, long faults, long maxrss)
{
    return (struct rusage){
        .ru_utime = {user_us / 1000000, user_us % 1000000},
        .ru_stime = {system_us / 1000000, system_us % 1000000},
        .ru_minflt = faults,
        .ru_maxrss = maxrss,
    };
}

static void assert_usage(struct rusage children, long user_us, long system_us, long faults, long maxrss)
{
    struct rusage wanted = usage_of(user_us, system_us, faults, maxrss);

    family_leave_out(&family, &children);
    assert_memory_equal(&children, &wanted, sizeof wanted);
}

static void who_has_reaped_nobody_sees_nothing(void **state)
{
    struct rusage snapshot = usage_of(2000000, 7, 500, 900000);

    (void)state;
    family_begin(&family, &at_start);
    family_bury(&family, &snapshot);
    assert_usage(usage_of(3400001, 8, 510, 900000), 1400000, 0, 10, 3000);
}

static void snapshots_are_taken_out(void **state)
{
    struct rusage snapshot = usage_of(1900000, 2700000, 500, 900000);
    struct rusage child = usage_of(300000, 100, 20, 2000), larger = usage_of(0, 0, 0, 4000);

    (void)state;
    family_begin(&family, &at_start);
    family_bury(&family, &snapshot);
    family_bury(&family, &snapshot);
    family_see_child(&family, &child);
    /* at the start, the child, and twice the snapshot: seconds borrow from microseconds */
    assert_usage(usage_of(1400000 + 300000 + 3800000, 100 + 5400000, 10 + 20 + 1000, 900000), 1700000, 100,
                 30, 3000);
    family_see_child(&family, NULL); /* not known how large */
    family_see_child(&family, &larger);
    family_see_child(&family, &child);
    assert_usage(usage_of(5500000, 5400100, 1030, 900000), 1700000, 100, 30, 4000);
}

/* What the kernel tells is coarser than what it counts. */
static void nothing_is_less_than_none(void **state)
{
    struct rusage snapshot = usage_of(1000003, 1000003, 4, 0);

    (void)state;
    family_begin(&family, &(struct rusage){0});
    family_bury(&family, &snapshot);
    family_see_child(&family, NULL);
    assert_usage(usage_of(1000001, 1000004, 3, 1), 0, 1, 0, 0);
}

static void a_child_begins_anew(void **state)
{
    struct rusage snapshot = usage_of(1000000, 0, 4, 0);

    (void)state;
    family_begin(&family, &at_start);
    family_bury(&family, &snapshot);
    family_add(&family, SNAPSHOT);
    family_begin(&family, &(struct rusage){0});
    assert_false(family_has(&family, SNAPSHOT));
    assert_int_equal(family.dying_count, 0);
    family_see_child(&family, NULL);
    assert_usage(usage_of(1000000, 0, 4, 5), 1000000, 0, 4, 0);
}

static void the_killed_are_known_until_they_are_reaped(void **state)
{
    (void)state;
    family_begin(&family, &at_start);
    for (pid_t pid = 1; pid <= SLOTS_MAX; pid++)
        assert_true(family_add(&family, pid));
    assert_false(family_add(&family, SNAPSHOT));
    assert_false(family_has(&family, SNAPSHOT));
    family_drop(&family, 9);
    assert_false(family_has(&family, 10));
    for (pid_t pid = 1; pid <= SLOTS_MAX; pid++)
        assert_int_equal(family_has(&family, pid), pid != 10);
    assert_true(family_add(&family, SNAPSHOT));
    assert_true(family_has(&family, SNAPSHOT));
    while (family.dying_count > 0)
        family_drop(&family, 0);
    for (pid_t pid = 1; pid <= SNAPSHOT; pid++)
        assert_false(family_has(&family, pid));
}

/* Those that were waited for in vain stay the first ones, whoever of all goes. */
static void the_lasting_stay_apart(void **state)
{
    (void)state;
    family_begin(&family, &at_start);
    for (pid_t pid = 1; pid <= 5; pid++)
        family_add(&family, pid);
    family.lasting_count = 3;
    family_drop(&family, 0);
    assert_int_equal(family.lasting_count, 2);
    assert_int_equal(family.dying_count, 4);
    assert_int_equal(family.dying[0] + family.dying[1], 2 + 3);
    assert_int_equal(family.dying[2] + family.dying[3], 4 + 5);
    family_drop(&family, 3);
    assert_int_equal(family.lasting_count, 2);
    assert_int_equal(family.dying[0] + family.dying[1], 2 + 3);
    assert_int_equal(family.dying_count, 3);
}

static bool is_snapshot(pid_t pid)
{
    return pid == SNAPSHOT;
}

/* What is left of the options; -1: there is nobody to wait for. */
static int waits(pid_t pid, int options)
{
    return family_may_wait(pid, is_snapshot, &options) ? options : -1;
}

static void a_wait_finds_no_snapshot(void **state)
{
    (void)state;
    assert_int_equal(waits(-1, WNOHANG), WNOHANG); /* finds none by itself */
    assert_int_equal(waits(SNAPSHOT, WNOHANG), WNOHANG);
    assert_int_equal(waits(-1, WNOHANG | __WALL), WNOHANG);
    assert_int_equal(waits(0, __WALL | __WNOTHREAD), __WNOTHREAD);
    assert_int_equal(waits(-1, (int)(__WALL | __WCLONE)), (int)__WCLONE);
    assert_int_equal(waits(-1, (int)__WCLONE), -1);
    assert_int_equal(waits(42, (int)__WCLONE), (int)__WCLONE); /* the simulator's own clone */
    assert_int_equal(waits(42, __WALL), __WALL);
    assert_int_equal(waits(SNAPSHOT, (int)__WCLONE), -1);
    assert_int_equal(waits(SNAPSHOT, __WALL), -1);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(who_has_reaped_nobody_sees_nothing),
        cmocka_unit_test(snapshots_are_taken_out),
        cmocka_unit_test(nothing_is_less_than_none),
        cmocka_unit_test(a_child_begins_anew),
        cmocka_unit_test(the_killed_are_known_until_they_are_reaped),
        cmocka_unit_test(the_lasting_stay_apart),
        cmocka_unit_test(a_wait_finds_no_snapshot),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
