/* SPDX-License-Identifier: MIT */
/* What each of several copies of a process holds. */
#include "unit.h"

#include "snapshot/limits/memory_use.h"

#include <errno.h>
#include <unistd.h>

#define MIB UINT64_C(1048576)

static struct memory_use use(uint64_t share_mib, uint64_t private_mib, uint64_t table_mib)
{
    return (struct memory_use){
        .share_bytes = share_mib * MIB, .private_bytes = private_mib * MIB, .table_bytes = table_mib * MIB};
}

static struct memory_use original_use(uint64_t anonymous_mib, uint64_t share_mib)
{
    struct memory_use original = use(share_mib, 0, 0);

    original.anonymous_bytes = anonymous_mib * MIB;
    return original;
}

/* 600 MB that both still share, 400 that the original has written over. */
static void test_one(void **state)
{
    const struct memory_use original = original_use(1000, 300 + 400), copy = use(300 + 400, 400, 2);
    uint64_t held;

    (void)state;
    memory_use_divide(&original, &copy, 1, &held);
    assert_int_equal(held / MIB, 402);
}

/* All three share 510. Between the snapshots 400 were written over, which the older one holds alone, and
 * after them 90, which both hold. */
static void test_two(void **state)
{
    const struct memory_use original = original_use(1000, 170 + 200 + 90);
    const struct memory_use copies[] = {use(170 + 400 + 45, 400, 1), use(170 + 200 + 45, 0, 1)};
    uint64_t held[2];

    (void)state;
    memory_use_divide(&original, copies, 2, held);
    assert_int_equal(held[0] / MIB, 400 + 45 + 1);
    assert_int_equal(held[1] / MIB, 45 + 1);
}

/* The simulator goes on while it is measured: never less than nothing. */
static void test_moving(void **state)
{
    const struct memory_use original = original_use(1000, 100), copy = use(100, 50, 0);
    uint64_t held;

    (void)state;
    memory_use_divide(&original, &copy, 1, &held);
    assert_int_equal(held, 50 * MIB);
}

/* This process itself. */
static void test_read(void **state)
{
    struct memory_use now;
    int r = memory_use_read(getpid(), &now);

    (void)state;
    if (r == -ENOSYS)
        skip(); /* before Linux 5.3 */
    assert_int_equal(r, 0);
    assert_true(now.anonymous_bytes >= now.share_bytes && now.share_bytes > 0);
    assert_true(now.private_bytes > 0 && now.table_bytes > 0);
    assert_true(memory_use_read(0x3fffffff, &now) < 0);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_one),
        cmocka_unit_test(test_two),
        cmocka_unit_test(test_moving),
        cmocka_unit_test(test_read),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
