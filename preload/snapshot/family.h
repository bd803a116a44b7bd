/* SPDX-License-Identifier: MIT */
/* The simulator's children, and snapshots, which are children of the same process: which of them a wait may
 * find, what the account of reaped ones says without the snapshots, and who was killed and is not reaped yet.
 * Pure logic.
 */
#ifndef LIGHTSSS_PRELOAD_SNAPSHOT_FAMILY_H
#define LIGHTSSS_PRELOAD_SNAPSHOT_FAMILY_H

#include <stdatomic.h>
#include <stdbool.h>
#include <sys/resource.h>
#include <sys/types.h>

#include "snapshot/limits/slots.h"

#define FAMILY_COUNTERS (sizeof(struct rusage) / sizeof(long))

struct family {
    /* The account: reaped snapshots, and what it said before the first one. */
    _Atomic long used[FAMILY_COUNTERS];
    struct rusage at_start;
    _Atomic long child_maxrss; /* of the largest child of the simulator's own */
    atomic_bool has_reaped;    /* the simulator has, since the start */
    /* Killed and not reaped yet. One is evicted per snapshot and reaped soon after; the array is that long
     * only because snapshots may follow each other faster than the kernel buries them. */
    volatile pid_t dying[SLOTS_MAX];
    unsigned dying_count;
    unsigned lasting_count; /* the first of these were waited for in vain */
};

/* Before the first snapshot, and in a forked child: who has died is not its own. */
void family_begin(struct family *family, const struct rusage *at_start);

/* A snapshot was reaped. */
void family_bury(struct family *family, const struct rusage *usage);

/* The simulator has reaped a child; its usage, NULL: not known. For any thread. */
void family_see_child(struct family *family, const struct rusage *usage);

/* What the simulator is told of the account, of which the kernel has said this. */
void family_leave_out(const struct family *family, struct rusage *children);

/* A snapshot was killed; false: there is no place for it. Or it is reaped, at this place. For any thread: is
 * this process one of them? */
bool family_add(struct family *family, pid_t pid);
void family_drop(struct family *family, unsigned place);
bool family_has(const struct family *family, pid_t pid);

/* The simulator waits for a child (as for waitpid). Snapshots have no exit signal, so that only who asks for
 * children of that kind finds them. One who asks for any child is given those that have one; libc makes no
 * others. Returns false where nobody is left to wait for. */
bool family_may_wait(pid_t pid, bool (*is_snapshot)(pid_t pid), int *options);

#endif
