/* SPDX-License-Identifier: MIT */
/* What the kernel tells of memory: see memory_facts.h. */
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
#include "fact_files.h"

static struct cgroup cgroups[CGROUP_RELEASES];
static bool sees_itself; /* /proc speaks of the same process ids as getpid() */

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

static void take_group(const char *line)
{
    for (unsigned release = 0; release < CGROUP_RELEASES; release++)
        cgroup_read_group(&cgroups[release], release, line);
}

static void take_mount(const char *line)
{
    for (unsigned release = 0; release < CGROUP_RELEASES; release++)
        cgroup_read_mount(&cgroups[release], release, line);
}

void memory_facts_find(const char *root)
{
    fact_files_root(root);
    memset(cgroups, 0, sizeof cgroups);
    fact_files_each_line("/proc/thread-self/cgroup", take_group);
    fact_files_each_line("/proc/thread-self/mountinfo", take_mount);
    sees_itself = find_itself();
}

/* --- what is left --- */

bool memory_facts_left(struct memory_left *left)
{
    *left = (struct memory_left){.left_bytes = UINT64_MAX, .of_bytes = UINT64_MAX};
    commit_read(&left->commit, fact_files_text);
    const char *machine = fact_files_text("/proc/meminfo");
    if (cgroup_field(machine, "MemAvailable:", &left->left_bytes) &&
        !cgroup_field(machine, "MemTotal:", &left->of_bytes))
        left->of_bytes = left->left_bytes;
    for (unsigned release = 0; release < CGROUP_RELEASES; release++) {
        struct cgroup_left group = cgroup_left(&cgroups[release], release, fact_files_text);

        if (group.left < left->left_bytes) {
            left->left_bytes = group.left;
            left->of_bytes = group.limit;
        }
    }
    return left->left_bytes != UINT64_MAX;
}

bool memory_facts_is_merciless(void)
{
    for (unsigned release = 0; release < CGROUP_RELEASES; release++)
        if (cgroup_is_merciless(&cgroups[release], release, fact_files_text))
            return true;
    return false;
}

/* --- what a process holds --- */

int memory_facts_use(pid_t pid, struct memory_use *use)
{
    int r = -ENOSYS;
    const char *bytes = sees_itself ? fact_files_text_of(pid, "smaps_rollup", &r) : NULL;

    *use = (struct memory_use){0};
    if (bytes == NULL)
        return r;
    if (*bytes == '\0') /* it has ended, and waits to be reaped */
        return -ESRCH;
    /* Pss_Anon is there since Linux 5.3. */
    if (!cgroup_field(bytes, "Anonymous:", &use->anonymous_bytes) ||
        !cgroup_field(bytes, "Pss_Anon:", &use->share_bytes))
        return -ENOSYS;
    cgroup_field(fact_files_text_of(pid, "status", &r), "VmPTE:", &use->table_bytes);
    return 0;
}

uint64_t memory_facts_tables(void)
{
    uint64_t table_bytes = 0;

    cgroup_field(fact_files_text("/proc/thread-self/status"), "VmPTE:", &table_bytes);
    return table_bytes;
}
