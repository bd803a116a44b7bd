/* SPDX-License-Identifier: MIT */
/* Memory that the original shares with its copies, and perhaps with others: files mapped MAP_SHARED,
 * /dev/shm, shared anonymous memory. The original writes there as soon as the clone is done: what is not too
 * large is copied before. */
#ifndef LIGHTSSS_PRELOAD_SNAPSHOT_SHARED_MEMORY_H
#define LIGHTSSS_PRELOAD_SNAPSHOT_SHARED_MEMORY_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/types.h>

#define SHARED_MEMORY_MAX 256u

struct shared_memory {
    uintptr_t start;
    size_t size;
    int protection;
    dev_t device; /* as /proc/self/maps has it: not always that of stat() */
    ino_t inode;
    uint64_t offset;
    const char *path;     /* "" where there was no room */
    const void *contents; /* as at the snapshot; NULL: not kept */
};

/* Memory of our own: it stays shared. */
void shared_memory_add_own(const void *address);

/* In the original: shared memory was mapped, the list is to be read again. Async-signal-safe. */
void shared_memory_changed(void);

/* Did the last snapshot find shared memory that begins there? */
bool shared_memory_is_known(const void *address);

/* In the original, once its threads stand still. Raw system calls only. */
void shared_memory_take(void);

/* In the copy: had the simulator shared memory that it can write to? */
bool shared_memory_is_written(void);

/* Which of these the process shares, the first; -1: none, or nobody may know. */
int shared_memory_find_shared(pid_t pid, const struct shared_memory *list, int count);

/* In the copy: all shared mappings, those that are only read as well; of each file that is mapped
 * otherwise, `visit` is told the name and the number (perhaps several times). Returns how many, or -errno. */
int shared_memory_list(struct shared_memory **list, void (*visit)(const char *path, ino_t inode));

#endif
