/* SPDX-License-Identifier: MIT */
/* Strict accounting of memory: see commit.h. */
#include "snapshot/limits/commit.h"

#include "base/u64.h"
#include "snapshot/limits/cgroup.h"

#define MIB           (UINT64_C(1) << 20)
#define STRICT        2u
#define RESERVE_BYTES (64 * MIB) /* stacks that grow, programs that are started, what others need ... */
#define RESERVE_SHARE 16u        /* ... or that part of a small limit */
#define OWN_SHARE     32u  /* the kernel keeps that part of what a process has from it, up to user_reserve */
#define DOUBT_SHARE   256u /* the kernel decides by a sum that may be wrong by that part of the memory */

static uint64_t field(const char *text, const char *key)
{
    uint64_t bytes = 0;

    return cgroup_field(text, key, &bytes) ? bytes : 0;
}

/* A file that holds a number alone. */
static uint64_t number(const char *(*read)(const char *path), const char *path)
{
    uint64_t value = 0;

    return cgroup_number(read(path), &value) ? value : 0;
}

/* The kernel counts what is private and can be written to, and the stack. */
void commit_read(struct commit *commit, const char *(*read)(const char *path))
{
    *commit = (struct commit){.is_strict = number(read, "/proc/sys/vm/overcommit_memory") == STRICT};
    if (!commit->is_strict)
        return;
    uint64_t for_admin = number(read, "/proc/sys/vm/admin_reserve_kbytes") * 1024;
    uint64_t for_user = number(read, "/proc/sys/vm/user_reserve_kbytes") * 1024;
    const char *status = read("/proc/thread-self/status");
    commit->charge_bytes = field(status, "VmData:") + field(status, "VmStk:");
    uint64_t kept = for_admin + u64_min(for_user, field(status, "VmSize:") / OWN_SHARE);
    const char *machine = read("/proc/meminfo");
    commit->of_bytes = field(machine, "CommitLimit:");
    commit->doubt_bytes = field(machine, "MemTotal:") / DOUBT_SHARE;
    commit->left_bytes = u64_difference(commit->of_bytes, field(machine, "Committed_AS:") + kept);
    commit->is_strict = commit->of_bytes != 0;
}

uint64_t commit_reserve_bytes(const struct commit *commit)
{
    return u64_min(RESERVE_BYTES, commit->of_bytes / RESERVE_SHARE);
}

bool commit_has_room(const struct commit *commit)
{
    return !commit->is_strict ||
           u64_difference(commit->left_bytes, commit->charge_bytes) >= 2 * commit_reserve_bytes(commit);
}

bool commit_is_to_blame(const struct commit *commit, uint64_t charged_bytes, uint64_t refused_bytes)
{
    return commit->is_strict && refused_bytes > u64_difference(commit->left_bytes, commit->doubt_bytes) &&
           u64_difference(refused_bytes, charged_bytes) <= commit->left_bytes + commit->doubt_bytes;
}
