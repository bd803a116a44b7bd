/* SPDX-License-Identifier: MIT */
/* Control groups of made-up machines: both releases, hybrids, containers, limits at several levels, nonsense.
 */
#include "unit.h"

#include <stdbool.h>
#include <stdio.h>
#include <string.h>

#include "snapshot/limits/cgroup.h"

#define MIB        (UINT64_C(1) << 20)
#define LINES_MAX  5
#define FILES_MAX  10
#define MOUNT_1    "35 31 0:32 / /cg/memory rw,relatime shared:9 - cgroup cgroup rw,memory"
#define MOUNT_CPU  "32 31 0:29 / /cg/cpu rw,relatime - cgroup cgroup rw,cpu,cpuacct"
#define MOUNT_2    "41 31 0:38 / /cg rw,nosuid - cgroup2 cgroup2 rw,nsdelegate"
#define MOUNT_PROC "22 27 0:21 / /proc rw,relatime - proc proc rw"

struct machine {
    enum cgroup_resource resource; /* memory, but for some */
    enum cgroup_release release;
    const char *groups[LINES_MAX];
    const char *mounts[LINES_MAX];
    const char *directory; /* wanted; NULL: none */
    struct {
        const char *path, *text;
    } files[FILES_MAX];
    uint64_t left_bytes, limit_bytes; /* wanted (or processes); 0 of limit_bytes: no limit */
};

static const struct machine *machine;

static const char *read_fake(const char *path)
{
    for (size_t i = 0; i < FILES_MAX && machine->files[i].path != NULL; i++)
        if (strcmp(machine->files[i].path, path) == 0)
            return machine->files[i].text;
    return NULL;
}

static const struct machine machines[] = {
    {.release = CGROUP_1, /* the first release, with a limit of its own and one above it */
     .groups = {"5:devices:/", "4:memory:/jobs/7", "0::/"},
     .mounts = {MOUNT_PROC, MOUNT_CPU, MOUNT_1},
     .directory = "/cg/memory/jobs/7",
     .files = {{"/cg/memory/jobs/7/memory.limit_in_bytes", "1073741824\n"},
               {"/cg/memory/jobs/7/memory.usage_in_bytes", "104857600\n"},
               {"/cg/memory/jobs/memory.limit_in_bytes", "536870912\n"},
               {"/cg/memory/jobs/memory.usage_in_bytes", "314572800\n"},
               {"/cg/memory/jobs/memory.stat", "cache 1\ninactive_file 9\ntotal_inactive_file 104857600\n"},
               {"/cg/memory/memory.limit_in_bytes", "9223372036854771712\n"},
               {"/cg/memory/memory.usage_in_bytes", "9999\n"}},
     .left_bytes = 312 * MIB,
     .limit_bytes = 512 * MIB},
    {.release = CGROUP_2, /* the second: high is below max, and "max" is none */
     .groups = {"0::/user.slice/job.scope"},
     .mounts = {MOUNT_PROC, MOUNT_2},
     .directory = "/cg/user.slice/job.scope",
     .files = {{"/cg/user.slice/job.scope/memory.max", "max\n"},
               {"/cg/user.slice/job.scope/memory.high", "max\n"},
               {"/cg/user.slice/job.scope/memory.current", "104857600\n"},
               {"/cg/user.slice/memory.max", "314572800\n"},
               {"/cg/user.slice/memory.high", "209715200\n"},
               {"/cg/user.slice/memory.current", "157286400\n"},
               {"/cg/user.slice/memory.stat", "anon 5\nfile 7\ninactive_anon 3\ninactive_file 1048576\n"}},
     .left_bytes = 51 * MIB,
     .limit_bytes = 200 * MIB},
    {.release = CGROUP_2, /* a hybrid's second release has no memory */
     .groups = {"4:memory:/a", "0::/a"},
     .mounts = {MOUNT_1, "41 31 0:38 / /cg/unified rw - cgroup2 cgroup2 rw"},
     .directory = "/cg/unified/a",
     .files = {{"/cg/memory/a/memory.limit_in_bytes", "1048576\n"}}},
    {.release =
         CGROUP_1, /* a container: the mount shows the host's group /docker/abc, and the name is the host's */
     .groups = {"9:cpuset,memory:/docker/abc"},
     .mounts = {"700 690 0:32 /docker/abc /cg/memory ro,nosuid master:9 - cgroup cgroup rw,memory"},
     .directory = "/cg/memory",
     .files = {{"/cg/memory/memory.limit_in_bytes", "209715200"},
               {"/cg/memory/memory.usage_in_bytes", "1048576"}},
     .left_bytes = 199 * MIB,
     .limit_bytes = 200 * MIB},
    {.release = CGROUP_2, /* a container with a namespace of its own, below it a group of its own */
     .groups = {"0::/inner"},
     .mounts = {"700 690 0:32 / /cg ro - cgroup2 cgroup rw"},
     .directory = "/cg/inner",
     .files = {{"/cg/memory.max", "104857600\n"}, {"/cg/memory.current", "209715200\n"}},
     .left_bytes = 0,
     .limit_bytes = 100 * MIB},
    {.release = CGROUP_2, /* the group is not below what is mounted */
     .groups = {"0::/other/place"},
     .mounts = {"700 690 0:32 /docker/abc /cg rw - cgroup2 cgroup rw"},
     .directory = "/cg"},
    {.release = CGROUP_2, .groups = {"0::/../../up"}, .mounts = {MOUNT_2}, .directory = "/cg"},
    {.release = CGROUP_2, /* a name that only begins like the mount's root */
     .groups = {"0::/docker/abcdef"},
     .mounts = {"700 690 0:32 /docker/abc /cg rw - cgroup2 cgroup rw"},
     .directory = "/cg"},
    {.release = CGROUP_1, /* spaces in names */
     .groups = {"4:memory:/a b"},
     .mounts = {"35 31 0:32 / /c\\040g\\134x rw - cgroup none rw,memory"},
     .directory = "/c g\\x/a b"},
    {.release = CGROUP_2, .groups = {"0::/a"}, .mounts = {MOUNT_PROC, MOUNT_1}}, /* not mounted */
    {.release = CGROUP_1, .groups = {"4:memory_more:/a", "4:memory", "4:memory:a"}, .mounts = {MOUNT_1}},
    {.release = CGROUP_2, /* nonsense in files */
     .groups = {"0::/"},
     .mounts = {"", " - ", "41 31 - cgroup2", "-", "41 31 0:38 / /cg rw - cgroup2 cgroup2 rw"},
     .directory = "/cg",
     .files = {{"/cg/memory.max", "99999999999999999999999999\n"},
               {"/cg/memory.high", "-5\n"},
               {"/cg/memory.current", ""}}},
    {.release = CGROUP_2, /* a limit without a usage, a usage that is all old files */
     .groups = {"0::/a"},
     .mounts = {MOUNT_2},
     .directory = "/cg/a",
     .files = {{"/cg/a/memory.max", "1048576"},
               {"/cg/memory.max", "2097152"},
               {"/cg/memory.current", "1048576"},
               {"/cg/memory.stat", "inactive_file 99999999999999999999\n"}},
     .left_bytes = 2 * MIB,
     .limit_bytes = 2 * MIB},
    {.resource = CGROUP_PROCESSES,
     .release = CGROUP_1, /* processes have a tree of their own there */
     .groups = {"8:pids:/jobs/7", "4:memory:/else"},
     .mounts = {MOUNT_1, "33 31 0:30 / /cg/pids rw - cgroup cgroup rw,pids"},
     .directory = "/cg/pids/jobs/7",
     .files = {{"/cg/pids/jobs/7/pids.max", "max\n"},
               {"/cg/pids/jobs/7/pids.current", "3\n"},
               {"/cg/pids/jobs/pids.max", "8\n"},
               {"/cg/pids/jobs/pids.current", "6\n"}},
     .left_bytes = 2,
     .limit_bytes = 8},
    {.resource = CGROUP_PROCESSES, /* the second release */
     .release = CGROUP_2,
     .groups = {"0::/a/b"},
     .mounts = {MOUNT_2},
     .directory = "/cg/a/b",
     .files = {{"/cg/a/b/pids.max", "100"},
               {"/cg/a/b/pids.current", "101"},
               {"/cg/a/pids.max", "10000"},
               {"/cg/a/pids.current", "300"},
               {"/cg/a/b/memory.max", "1"},
               {"/cg/a/b/memory.current", "1"}},
     .left_bytes = 0,
     .limit_bytes = 100},
};

static void check_machine(void)
{
    struct cgroup cgroup = {machine->resource, machine->release, .read = read_fake};

    for (size_t i = 0; i < LINES_MAX && machine->groups[i] != NULL; i++)
        cgroup_read_group(&cgroup, machine->groups[i]);
    for (size_t i = 0; i < LINES_MAX && machine->mounts[i] != NULL; i++)
        cgroup_read_mount(&cgroup, machine->mounts[i]);
    assert_int_equal(cgroup.has_mount, machine->directory != NULL);
    if (machine->directory != NULL)
        assert_string_equal(cgroup.directory, machine->directory);
    struct cgroup_left left = cgroup_left(&cgroup);
    assert_int_equal(left.limit, machine->limit_bytes == 0 ? UINT64_MAX : machine->limit_bytes);
    assert_int_equal(left.left, machine->limit_bytes == 0 ? UINT64_MAX : machine->left_bytes);
}

static void machines_are_understood(void **state)
{
    (void)state;
    for (size_t i = 0; i < COUNT_OF(machines); i++) {
        machine = &machines[i];
        print_message("%s\n", machine->groups[0]);
        check_machine();
    }
}

static void merciless_groups_are_known(void **state)
{
    static const struct machine first = {
        .files = {{"/cg/memory/a/b/memory.oom_control", "oom_kill_disable 0\nunder_oom 0\noom_kill 7\n"},
                  {"/cg/memory/a/memory.oom_control", "oom_kill_disable 1\n"}}};
    static const struct machine second = {
        .files = {{"/cg/a/memory.oom.group", "0\n"}, {"/cg/memory.oom.group", "1\n"}}};
    static const struct machine mild = {
        .files = {{"/cg/a/memory.oom.group", "0\n"}, {"/cg/memory.oom_control", "oom_kill_disable 1\n"}}};
    struct cgroup cgroup = {.release = CGROUP_1, .read = read_fake};

    (void)state;
    machine = &first;
    assert_false(cgroup_is_merciless(&cgroup));
    cgroup_read_group(&cgroup, "4:memory:/a/b");
    cgroup_read_mount(&cgroup, MOUNT_1);
    assert_true(cgroup_is_merciless(&cgroup));
    cgroup = (struct cgroup){.release = CGROUP_2, .read = read_fake};
    cgroup_read_group(&cgroup, "0::/a");
    cgroup_read_mount(&cgroup, MOUNT_2);
    machine = &second;
    assert_true(cgroup_is_merciless(&cgroup));
    machine = &mild;
    assert_false(cgroup_is_merciless(&cgroup));
}

static void limits_on_time_are_known(void **state)
{
    static const struct machine limited = {
        .files = {{"/cg/a/cpu.max", "max 100000\n"}, {"/cg/cpu.max", "150000 100000\n"}}};
    static const struct machine free = {
        .files = {{"/cg/a/cpu.max", "max 100000\n"}, {"/cg/a/cpu.cfs_quota_us", "50000\n"}}};
    struct cgroup cgroup = {.resource = CGROUP_TIME, .release = CGROUP_2, .read = read_fake};

    (void)state;
    machine = &limited;
    assert_false(cgroup_is_limited(&cgroup));
    cgroup_read_group(&cgroup, "0::/a");
    cgroup_read_mount(&cgroup, MOUNT_2);
    assert_true(cgroup_is_limited(&cgroup));
    machine = &free;
    assert_false(cgroup_is_limited(&cgroup));
}

static void quotas_of_the_first_release_are_known(void **state)
{
    static const struct machine limited = {.files = {{"/cg/cpu/a/cpu.cfs_quota_us", "50000\n"}}};
    static const struct machine free = {.files = {{"/cg/cpu/a/cpu.cfs_quota_us", "-1\n"}}};
    struct cgroup cgroup = {.resource = CGROUP_TIME, .release = CGROUP_1, .read = read_fake};

    (void)state;
    cgroup_read_group(&cgroup, "3:cpu,cpuacct:/a");
    cgroup_read_mount(&cgroup, "35 31 0:32 / /cg/cpu rw,relatime - cgroup cgroup rw,cpu,cpuacct");
    machine = &limited;
    assert_true(cgroup_is_limited(&cgroup));
    machine = &free;
    assert_false(cgroup_is_limited(&cgroup));
}

static void long_names_are_left_out(void **state)
{
    char line[3 * CGROUP_PATH_SIZE] = "0::/";
    struct cgroup cgroup = {.release = CGROUP_2};

    (void)state;
    memset(line + 4, 'x', sizeof line - 5 - CGROUP_PATH_SIZE);
    cgroup_read_group(&cgroup, line);
    assert_false(cgroup.has_group);
    cgroup_read_group(&cgroup, "0::/a");
    snprintf(line, sizeof line, "1 2 3:4 / /%0*d rw - cgroup2 a rw", (int)CGROUP_PATH_SIZE, 0);
    cgroup_read_mount(&cgroup, line);
    assert_false(cgroup.has_mount);
}

static void fields_are_found_at_the_begin_of_lines(void **state)
{
    static const char text[] = "MemTotal:       24684084 kB\nxActive: 3\nActive: 7\nVmPTE:\t     68 kB\n"
                               "Bad: word\nHuge: 99999999999999999999 kB\nMax: 18446744073709551615 kB";
    uint64_t bytes = 1;

    (void)state;
    assert_true(cgroup_field(text, "MemTotal:", &bytes));
    assert_int_equal(bytes, UINT64_C(24684084) * 1024);
    assert_true(cgroup_field(text, "Active:", &bytes));
    assert_int_equal(bytes, 7);
    assert_true(cgroup_field(text, "VmPTE:", &bytes));
    assert_int_equal(bytes, 68 * 1024);
    assert_true(cgroup_field(text, "Huge:", &bytes));
    assert_int_equal(bytes, UINT64_MAX);
    assert_true(cgroup_field(text, "Max:", &bytes));
    assert_int_equal(bytes, UINT64_MAX);
    assert_false(cgroup_field(text, "Bad:", &bytes));
    assert_false(cgroup_field(text, "Mem", &bytes));
    assert_false(cgroup_field(text, "None:", &bytes));
    assert_false(cgroup_field("", "None:", &bytes));
    assert_false(cgroup_field(NULL, "None:", &bytes));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(machines_are_understood),  cmocka_unit_test(merciless_groups_are_known),
        cmocka_unit_test(limits_on_time_are_known), cmocka_unit_test(quotas_of_the_first_release_are_known),
        cmocka_unit_test(long_names_are_left_out),  cmocka_unit_test(fields_are_found_at_the_begin_of_lines),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
