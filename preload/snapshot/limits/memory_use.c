/* SPDX-License-Identifier: MIT */
/* Memory of a process, from smaps_rollup: see memory_use.h. */
#define _GNU_SOURCE
#include "snapshot/limits/memory_use.h"

#include <errno.h>
#include <stdbool.h>

#include "base/procfs.h"
#include "base/u64.h"
#include "snapshot/limits/cgroup.h"
#include "snapshot/limits/fact_files.h"

int memory_use_read(pid_t pid, struct memory_use *use)
{
    int r = -ENOSYS;
    const char *bytes = procfs_is_foreign() ? NULL : fact_files_text_of(pid, "smaps_rollup", &r);

    *use = (struct memory_use){0};
    if (bytes == NULL)
        return r;
    if (*bytes == '\0') /* it has ended, and waits to be reaped */
        return -ESRCH;
    /* Pss_Anon is there since Linux 5.3. */
    if (!cgroup_field(bytes, "Anonymous:", &use->anonymous_bytes) ||
        !cgroup_field(bytes, "Pss_Anon:", &use->share_bytes))
        return -ENOSYS;
    cgroup_field(bytes, "Private_Dirty:", &use->private_bytes);
    cgroup_field(fact_files_text_of(pid, "status", &r), "VmPTE:", &use->table_bytes);
    return 0;
}

void memory_use_divide(const struct memory_use *original, const struct memory_use *copies, size_t count,
                       uint64_t *held_bytes)
{
    uint64_t all_bytes = original->share_bytes, private_bytes = 0;

    for (size_t i = 0; i < count; i++) {
        all_bytes += copies[i].share_bytes;
        private_bytes += copies[i].private_bytes;
    }
    /* Shares are rounded, and other threads go on. */
    uint64_t rest_bytes = u64_difference(u64_difference(all_bytes, original->anonymous_bytes), private_bytes);
    for (size_t i = 0; i < count; i++)
        held_bytes[i] = copies[i].private_bytes + copies[i].table_bytes + rest_bytes / count;
}
