/* SPDX-License-Identifier: MIT */
/* What the kernel tells of memory: how much is left on the machine and in the control groups, and how much of
 * it a process and its copies hold. Raw system calls, no heap; buffers are static, so one thread at a time.
 */
#ifndef LIGHTSSS_PRELOAD_SNAPSHOT_LIMITS_MEMORY_FACTS_H
#define LIGHTSSS_PRELOAD_SNAPSHOT_LIMITS_MEMORY_FACTS_H

#include <stdint.h>
#include <sys/types.h>

#include "snapshot/limits/commit.h"

struct memory_left {
    uint64_t left_bytes; /* what can be had yet (UINT64_MAX: nothing is known) ... */
    uint64_t of_bytes;   /* ... of all that the machine, or the control group that leaves the least, has */
    struct commit commit;
};

struct memory_use {
    uint64_t anonymous_bytes; /* mapped by this process, alone or with its copies */
    uint64_t share_bytes;     /* each page of these divided by the number of processes that map it */
    uint64_t table_bytes;     /* page tables */
};

/* On the machine, and in the control groups that groups_find() has found. */
void memory_facts_left(struct memory_left *left);

/* The kernel walks the page tables for that: some 10 ns a page. Returns 0 or -errno: -EACCES and -ENOSYS
 * where it does not tell, others where there is no such process (any more). */
int memory_facts_use(pid_t pid, struct memory_use *use);

/* Page tables of this process. 0: not known. */
uint64_t memory_facts_tables(void);

#endif
