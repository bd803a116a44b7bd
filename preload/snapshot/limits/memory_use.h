/* SPDX-License-Identifier: MIT */
/* What the kernel tells of the memory of a process, and what each of several copies holds by that. */
#ifndef LIGHTSSS_PRELOAD_SNAPSHOT_LIMITS_MEMORY_USE_H
#define LIGHTSSS_PRELOAD_SNAPSHOT_LIMITS_MEMORY_USE_H

#include <stddef.h>
#include <stdint.h>
#include <sys/types.h>

struct memory_use {
    uint64_t anonymous_bytes; /* mapped by this process, alone or with its copies */
    uint64_t share_bytes;     /* each page of these divided by the number of processes that map it */
    uint64_t private_bytes;   /* mapped by it alone */
    uint64_t table_bytes;     /* page tables */
};

/* It walks the page tables for that: some 10 ns a page. Returns 0 or -errno: -EACCES and -ENOSYS where it
 * does not tell, others where there is no such process (any more). */
int memory_use_read(pid_t pid, struct memory_use *use);

/* What each of so many copies of a process holds: what would be free without them all is held by the one that
 * maps it alone, or by all in equal parts. Exact for two. Pure logic. */
void memory_use_divide(const struct memory_use *original, const struct memory_use *copies, size_t count,
                       uint64_t *held_bytes);

#endif
