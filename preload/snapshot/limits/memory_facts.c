/* SPDX-License-Identifier: MIT */
/* What the kernel tells of memory: see memory_facts.h. */
#define _GNU_SOURCE
#include "snapshot/limits/memory_facts.h"

#include <errno.h>
#include <stddef.h>

#include "base/proc_number.h"
#include "snapshot/limits/cgroup.h"
#include "snapshot/limits/fact_files.h"
#include "snapshot/limits/groups.h"

/* --- what is left --- */

void memory_facts_left(struct memory_left *left)
{
    *left = (struct memory_left){.left_bytes = UINT64_MAX, .of_bytes = UINT64_MAX};
    commit_read(&left->commit, fact_files_text);
    const char *machine = fact_files_text("/proc/meminfo");
    if (cgroup_field(machine, "MemAvailable:", &left->left_bytes) &&
        !cgroup_field(machine, "MemTotal:", &left->of_bytes))
        left->of_bytes = left->left_bytes;
    struct cgroup_left group = groups_left(CGROUP_MEMORY);
    if (group.left < left->left_bytes) {
        left->left_bytes = group.left;
        left->of_bytes = group.limit;
    }
}

/* --- what a process holds --- */

int memory_facts_use(pid_t pid, struct memory_use *use)
{
    int r = -ENOSYS;
    const char *bytes = proc_number_is_foreign() ? NULL : fact_files_text_of(pid, "smaps_rollup", &r);

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
