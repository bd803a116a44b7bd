/* SPDX-License-Identifier: MIT */
/* Takes on the rights that the original has: see rights.h. Groups go first, because they need the rights that
 * a change of the user takes away. */
#define _GNU_SOURCE
#include "restore/rights.h"

#include <linux/capability.h>
#include <stdatomic.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/syscall.h>

#include "base/kernel.h"
#include "run/run.h"

static bool taken;

static void read_capabilities(struct shared_rights *rights)
{
    struct __user_cap_data_struct data[_LINUX_CAPABILITY_U32S_3];

    kernel_capget(data);
    for (unsigned i = 0; i < 2; i++) {
        rights->effective[i] = data[i].effective;
        rights->permitted[i] = data[i].permitted;
    }
}

static void read_rights(struct shared_rights *rights)
{
    memset(rights, 0, sizeof *rights);
    raw_syscall3(SYS_getresuid, &rights->user[0], &rights->user[1], &rights->user[2]);
    raw_syscall3(SYS_getresgid, &rights->group[0], &rights->group[1], &rights->group[2]);
    long count = raw_syscall2(SYS_getgroups, SHARED_GROUPS_MAX, rights->groups);
    rights->group_count = count < 0 ? 0 : (uint32_t)count; /* more than there is room for: none is fewer */
    rights->dumpable = raw_syscall5(SYS_prctl, PR_GET_DUMPABLE, 0, 0, 0, 0) == 1;
    read_capabilities(rights);
    rights->noted = 1;
}

/* It may be killed at any moment: what is there in part is not there. */
void rights_note(void)
{
    struct shared_rights *noted = &run.page->rights, now;

    read_rights(&now);
    if (memcmp(&now, noted, sizeof now) == 0)
        return;
    now.noted = 0;
    noted->noted = 0;
    atomic_signal_fence(memory_order_seq_cst);
    *noted = now;
    atomic_signal_fence(memory_order_seq_cst);
    noted->noted = 1;
}

/* Never more than it has. */
static int take_capabilities(const struct shared_rights *noted)
{
    struct __user_cap_header_struct header = {_LINUX_CAPABILITY_VERSION_3, 0};
    struct __user_cap_data_struct data[_LINUX_CAPABILITY_U32S_3];

    kernel_capget(data);
    for (unsigned i = 0; i < 2; i++) {
        data[i].effective &= noted->effective[i];
        data[i].permitted &= noted->permitted[i];
        data[i].inheritable = 0;
    }
    return (int)raw_syscall2(SYS_capset, &header, data);
}

static bool same_groups(const struct shared_rights *one, const struct shared_rights *other)
{
    return one->group_count == other->group_count &&
           memcmp(one->groups, other->groups, sizeof one->groups) == 0;
}

int rights_take(void)
{
    const struct shared_rights *noted = &run.page->rights;
    struct shared_rights own;
    long r = 0;

    read_rights(&own);
    if (!noted->noted || memcmp(&own, noted, sizeof own) == 0)
        return 0;
    taken = true;
    if (!same_groups(&own, noted) && noted->group_count <= SHARED_GROUPS_MAX)
        r = raw_syscall2(SYS_setgroups, noted->group_count, noted->groups);
    if (r == 0)
        r = raw_syscall3(SYS_setresgid, noted->group[0], noted->group[1], noted->group[2]);
    if (r == 0)
        r = raw_syscall3(SYS_setresuid, noted->user[0], noted->user[1], noted->user[2]);
    if (r == 0)
        r = take_capabilities(noted);
    /* A change of the user makes a process one that nobody may look into; so is the original, perhaps. */
    raw_syscall5(SYS_prctl, PR_SET_DUMPABLE, noted->dumpable, 0, 0, 0);
    return (int)r;
}

bool rights_were_taken(void)
{
    return taken;
}
