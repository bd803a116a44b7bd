/* SPDX-License-Identifier: MIT */
/* Strict accounting of memory on made-up machines. */
#include "unit.h"

#include <string.h>

#include "snapshot/limits/commit.h"

#define MIB UINT64_C(1048576)
#define GIB (1024 * MIB)

static struct {
    const char *path, *text;
} files[] = {
    {"/proc/sys/vm/overcommit_memory", NULL},
    {"/proc/sys/vm/admin_reserve_kbytes", "8192\n"},
    {"/proc/sys/vm/user_reserve_kbytes", "131072\n"},
    {"/proc/thread-self/status",
     "Name:\tVmData:\nVmSize:\t 1048576 kB\nVmData:\t  512000 kB\nVmStk:\t     512 kB\n"},
    {"/proc/meminfo", "MemTotal:       16777216 kB\nMemAvailable:    9999999 kB\n"
                      "CommitLimit:     4194304 kB\nCommitted_AS:    2097152 kB\n"},
};

static const char *read_fake(const char *path)
{
    for (size_t i = 0; i < sizeof files / sizeof *files; i++)
        if (strcmp(files[i].path, path) == 0)
            return files[i].text;
    return NULL;
}

static struct commit read_with(const char *mode)
{
    struct commit commit;

    files[0].text = mode;
    commit_read(&commit, read_fake);
    return commit;
}

static void only_strict_counts(void **state)
{
    (void)state;
    static const char *const others[] = {"0\n", "1\n", "", NULL};

    for (size_t i = 0; i < sizeof others / sizeof *others; i++) {
        struct commit commit = read_with(others[i]);
        assert_false(commit.is_strict);
        assert_true(commit_has_room(&commit));
        assert_false(commit_is_to_blame(&commit, GIB, GIB));
    }
}

/* What the kernel keeps from a process is not left: 8 MB, and a thirty-second of its gigabyte. */
static void figures_are_read(void **state)
{
    struct commit commit = read_with("2\n");

    (void)state;
    assert_true(commit.is_strict);
    assert_int_equal(commit.of_bytes, 4 * GIB);
    assert_int_equal(commit.left_bytes, 2 * GIB - 40 * MIB);
    assert_int_equal(commit.charge_bytes, 512512 * UINT64_C(1024));
    assert_int_equal(commit.doubt_bytes, 64 * MIB);
}

static struct commit made(uint64_t left_mib, uint64_t charge_mib)
{
    return (struct commit){.is_strict = true,
                           .left_bytes = left_mib * MIB,
                           .of_bytes = 2 * GIB,
                           .charge_bytes = charge_mib * MIB,
                           .doubt_bytes = 10 * MIB};
}

static void a_snapshot_leaves_a_reserve(void **state)
{
    (void)state;
    struct commit enough = made(628, 500), little = made(627, 500), none = made(0, 500);

    assert_int_equal(commit_reserve_bytes(&enough), 64 * MIB);
    assert_true(commit_has_room(&enough));
    assert_false(commit_has_room(&little));
    assert_false(commit_has_room(&none));
}

static void blame_is_where_giving_up_helps(void **state)
{
    struct commit commit = made(300, 500);

    (void)state;
    assert_true(commit_is_to_blame(&commit, 500 * MIB, 400 * MIB));
    assert_true(commit_is_to_blame(&commit, 500 * MIB, 800 * MIB));
    /* There was enough, so that it was refused for another reason; but the kernel's sum may be wrong. */
    assert_false(commit_is_to_blame(&commit, 500 * MIB, 200 * MIB));
    assert_true(commit_is_to_blame(&commit, 500 * MIB, 295 * MIB));
    /* More than all together. */
    assert_true(commit_is_to_blame(&commit, 500 * MIB, 805 * MIB));
    assert_false(commit_is_to_blame(&commit, 500 * MIB, 811 * MIB));
    assert_false(commit_is_to_blame(&commit, 500 * MIB, UINT64_MAX));
    assert_false(commit_is_to_blame(&commit, 0, 400 * MIB));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(only_strict_counts),
        cmocka_unit_test(figures_are_read),
        cmocka_unit_test(a_snapshot_leaves_a_reserve),
        cmocka_unit_test(blame_is_where_giving_up_helps),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
