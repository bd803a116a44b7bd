/* SPDX-License-Identifier: MIT */
/* Memory of the simulator. Has it mapped shared memory since the last snapshot? Only then the list of
 * mappings is read again. Is it refused memory? Then snapshots may be to blame, and go. These are called from
 * inside malloc(): no more is done here than to note it. */
#define _GNU_SOURCE
#include <errno.h>
#include <stdbool.h>
#include <stdint.h>
#include <sys/mman.h>
#include <sys/syscall.h>
#include <sys/types.h>

#include "base/raw_syscall.h"
#include "interpose/libc_hook.h"
#include "interpose/refused.h"
#include "restore/written_files.h"
#include "snapshot/shared_memory.h"

static void *(*libc_mmap)(void *address, size_t size, int protection, int flags, int fd, off_t offset);
static void *(*libc_mremap)(void *old, size_t old_size, size_t size, int flags, void *address);
static int (*libc_mprotect)(void *memory, size_t size, int protection);
static int (*libc_brk)(void *end);

static void *on_mmap(void *address, size_t size, int protection, int flags, int fd, off_t offset)
{
    int saved_errno = errno;
    void *memory;

    do
        memory = libc_mmap(address, size, protection, flags, fd, offset);
    while (memory == MAP_FAILED && refused_again(size, saved_errno));
    /* MAP_SHARED_VALIDATE has the bit too. */
    if ((flags & MAP_SHARED) != 0) {
        shared_memory_changed();
        if ((protection & PROT_WRITE) != 0 && fd >= 0)
            written_files_mapped(fd);
    }
    return memory;
}

/* malloc() moves what is large with it, and that is private. */
static void *on_mremap(void *old, size_t old_size, size_t size, int flags, void *address)
{
    bool is_shared = shared_memory_is_known(old);
    int saved_errno = errno;
    void *memory;

    do
        memory = libc_mremap(old, old_size, size, flags, address);
    while (memory == MAP_FAILED && refused_again(size > old_size ? size - old_size : 0, saved_errno));
    if (is_shared)
        shared_memory_changed();
    return memory;
}

/* A thread's stack and an arena of malloc() are mapped first, and may be written to later. */
static int on_mprotect(void *memory, size_t size, int protection)
{
    int saved_errno = errno, r;

    do
        r = libc_mprotect(memory, size, protection);
    while (r < 0 && (protection & PROT_WRITE) != 0 && refused_again(size, saved_errno));
    return r;
}

static size_t beyond_break(const void *end)
{
    uintptr_t now = (uintptr_t)raw_syscall1(SYS_brk, 0);

    return (uintptr_t)end > now ? (uintptr_t)end - now : 0;
}

static int on_brk(void *end)
{
    int saved_errno = errno, r;

    do
        r = libc_brk(end);
    while (r < 0 && refused_again(beyond_break(end), saved_errno));
    return r;
}

static const struct libc_hook rows[] = {
    LIBC_HOOK("mmap64", on_mmap, libc_mmap), LIBC_HOOK("mremap", on_mremap, libc_mremap),
    LIBC_HOOK("mprotect", on_mprotect, libc_mprotect),
    LIBC_HOOK("brk", on_brk, libc_brk), /* sbrk() calls it */
};
const struct libc_hooks memory_hooks = LIBC_HOOKS(rows);
