/* SPDX-License-Identifier: MIT */
/* Has the simulator mapped shared memory since the last snapshot? Only then the list of mappings is read
 * again. These are called from inside malloc(): no more is done here than to note it. */
#define _GNU_SOURCE
#include <stdbool.h>
#include <sys/mman.h>
#include <sys/types.h>

#include "../snapshot/shared_memory.h"
#include "libc.h"

static void *(*libc_mmap)(void *address, size_t size, int protection, int flags, int fd, off_t offset);
static void *(*libc_mremap)(void *old, size_t old_size, size_t size, int flags, void *address);
static void *(*libc_shmat)(int id, const void *address, int flags);

static void *on_mmap(void *address, size_t size, int protection, int flags, int fd, off_t offset)
{
    void *memory = libc_mmap(address, size, protection, flags, fd, offset);

    /* MAP_SHARED_VALIDATE has the bit too. */
    if ((flags & MAP_SHARED) != 0)
        shared_memory_changed();
    return memory;
}

/* malloc() moves what is large with it, and that is private. */
static void *on_mremap(void *old, size_t old_size, size_t size, int flags, void *address)
{
    bool is_shared = shared_memory_is_known(old);
    void *memory = libc_mremap(old, old_size, size, flags, address);

    if (is_shared)
        shared_memory_changed();
    return memory;
}

static void *on_shmat(int id, const void *address, int flags)
{
    void *memory = libc_shmat(id, address, flags);

    shared_memory_changed();
    return memory;
}

const struct libc_hook memory_hooks[] = {
    {"mmap64", (void *)on_mmap, (void **)&libc_mmap},
    {"mremap", (void *)on_mremap, (void **)&libc_mremap},
    {"shmat", (void *)on_shmat, (void **)&libc_shmat},
};
const size_t memory_hooks_count = sizeof memory_hooks / sizeof *memory_hooks;
