/* SPDX-License-Identifier: MIT */
/* Files of /proc and of control groups: see memory_facts.h. They are opened for each look and closed at once:
 * the simulator would see descriptors that stay open. */
#define _GNU_SOURCE
#include "memory_facts.h"

#include <errno.h>
#include <fcntl.h>
#include <stddef.h>
#include <string.h>
#include <sys/syscall.h>

#include "../raw_syscall.h"
#include "../text.h"
#include "cgroup.h"

#define TEXT_SIZE 8192u /* memory.stat of the second release is the longest, with some 2 KB */
#define PATH_SIZE (CGROUP_PATH_SIZE + 64u)

static const char *root = "";
static struct cgroup cgroups[CGROUP_RELEASES];
static bool sees_itself; /* /proc speaks of the same process ids as getpid() */
static char bytes[TEXT_SIZE];
static char whole_path[PATH_SIZE];

static long open_file(const char *path)
{
    struct text text;

    text_init(&text, whole_path, sizeof whole_path);
    text_format(&text, "%s%s", root, path);
    if (text.cut)
        return -ENAMETOOLONG;
    return raw_syscall4(SYS_openat, AT_FDCWD, (long)whole_path, O_RDONLY | O_CLOEXEC, 0);
}

/* Into bytes. What does not fit is left out. Returns 0 or -errno. */
static int read_file(const char *path)
{
    long fd = open_file(path), size = 0, r;

    if (fd < 0)
        return (int)fd;
    do {
        r = raw_syscall3(SYS_read, fd, (long)(bytes + size), (long)sizeof bytes - 1 - size);
        size += r > 0 ? r : 0;
    } while (r > 0);
    raw_syscall1(SYS_close, fd);
    bytes[size] = '\0';
    return (int)r;
}

/* NULL: it cannot be read. */
static const char *read_text(const char *path)
{
    return read_file(path) < 0 ? NULL : bytes;
}

/* --- where the control groups are --- */

static void take_line(const char *line, bool is_mount)
{
    for (unsigned release = 0; release < CGROUP_RELEASES; release++)
        if (is_mount)
            cgroup_read_mount(&cgroups[release], release, line);
        else
            cgroup_read_group(&cgroups[release], release, line);
}

/* The file may be far longer than the buffer (a mount per container); a line that is longer is left out. */
static void each_line(const char *path, bool is_mount)
{
    long fd = open_file(path), r;
    size_t used = 0;
    bool too_long = false;

    if (fd < 0)
        return;
    while ((r = raw_syscall3(SYS_read, fd, (long)(bytes + used), (long)(sizeof bytes - 1 - used))) > 0) {
        char *line = bytes, *end;

        used += (size_t)r;
        bytes[used] = '\0';
        for (; (end = strchr(line, '\n')) != NULL; line = end + 1) {
            *end = '\0';
            if (!too_long)
                take_line(line, is_mount);
            too_long = false;
        }
        used -= (size_t)(line - bytes);
        memmove(bytes, line, used);
        if (used == sizeof bytes - 1) {
            used = 0;
            too_long = true;
        }
    }
    raw_syscall1(SYS_close, fd);
}

/* In a namespace of processes whose /proc is not mounted, its numbers are those of others. */
static bool find_itself(void)
{
    char self[32], name[32];
    struct text text;

    text_init(&text, name, sizeof name);
    text_format(&text, "%ld", raw_syscall0(SYS_getpid));
    long size = raw_syscall4(SYS_readlinkat, AT_FDCWD, (long)"/proc/self", (long)self, sizeof self);
    return size == (long)text.length && memcmp(self, name, text.length) == 0;
}

void memory_facts_find(const char *new_root)
{
    root = new_root;
    memset(cgroups, 0, sizeof cgroups);
    each_line("/proc/self/cgroup", false);
    each_line("/proc/self/mountinfo", true);
    sees_itself = find_itself();
}

/* --- what is left --- */

bool memory_facts_left(struct memory_left *left)
{
    *left = (struct memory_left){.left_bytes = UINT64_MAX, .of_bytes = UINT64_MAX};
    commit_read(&left->commit, read_text);
    const char *machine = read_text("/proc/meminfo");
    if (cgroup_field(machine, "MemAvailable:", &left->left_bytes) &&
        !cgroup_field(machine, "MemTotal:", &left->of_bytes))
        left->of_bytes = left->left_bytes;
    for (unsigned release = 0; release < CGROUP_RELEASES; release++) {
        struct cgroup_left group = cgroup_left(&cgroups[release], release, read_text);

        if (group.left_bytes < left->left_bytes) {
            left->left_bytes = group.left_bytes;
            left->of_bytes = group.limit_bytes;
        }
    }
    return left->left_bytes != UINT64_MAX;
}

bool memory_facts_is_merciless(void)
{
    for (unsigned release = 0; release < CGROUP_RELEASES; release++)
        if (cgroup_is_merciless(&cgroups[release], release, read_text))
            return true;
    return false;
}

/* --- what a process holds --- */

static int read_of(pid_t pid, const char *name)
{
    char path[48];
    struct text text;

    text_init(&text, path, sizeof path);
    text_format(&text, "/proc/%d/%s", pid, name);
    return read_file(path);
}

int memory_facts_use(pid_t pid, struct memory_use *use)
{
    int r = sees_itself ? read_of(pid, "smaps_rollup") : -ENOSYS;

    *use = (struct memory_use){0};
    if (r < 0)
        return r;
    if (*bytes == '\0') /* it has ended, and waits to be reaped */
        return -ESRCH;
    /* Pss_Anon is there since Linux 5.3. */
    if (!cgroup_field(bytes, "Anonymous:", &use->anonymous_bytes) ||
        !cgroup_field(bytes, "Pss_Anon:", &use->share_bytes))
        return -ENOSYS;
    if (read_of(pid, "status") == 0)
        cgroup_field(bytes, "VmPTE:", &use->table_bytes);
    return 0;
}

uint64_t memory_facts_tables(void)
{
    uint64_t table_bytes = 0;

    cgroup_field(read_text("/proc/self/status"), "VmPTE:", &table_bytes);
    return table_bytes;
}
