/* SPDX-License-Identifier: MIT */
/* The kernel copies: see user_memory.h. Where it refuses that (a container's filter) we copy ourselves, and
 * the simulator's wrong address is a fault, as it may be in libc as well. */
#define _GNU_SOURCE
#include "base/user_memory.h"

#include <errno.h>
#include <stdint.h>
#include <string.h>
#include <sys/syscall.h>
#include <sys/uio.h>

#include "base/kernel.h"

#define PAGE ((uintptr_t)4096)

static long transfer(long number, void *own, const void *foreign, size_t size)
{
    const struct iovec here = {own, size}, there = {(void *)foreign, size};

    return raw_syscall6(number, kernel_getpid(), &here, 1, &there, 1, 0);
}

static int copy(long number, void *own, long foreign, size_t size)
{
    long r = transfer(number, own, (const void *)foreign, size);

    if (r == (long)size)
        return 0;
    if (r >= 0 || r == -EFAULT || foreign == 0)
        return -EFAULT;
    if (number == SYS_process_vm_readv)
        memcpy(own, (const void *)foreign, size);
    else
        memcpy((void *)foreign, own, size);
    return 0;
}

long user_memory_peek(void *to, const void *from, size_t size)
{
    return transfer(SYS_process_vm_readv, to, from, size);
}

int user_memory_read(void *to, long from, size_t size)
{
    return copy(SYS_process_vm_readv, to, from, size);
}

int user_memory_write(long to, const void *from, size_t size)
{
    return copy(SYS_process_vm_writev, (void *)from, to, size);
}

/* Page by page: the one behind its end need not exist. */
long user_memory_string(char *to, long from, size_t size)
{
    for (size_t done = 0; done < size;) {
        size_t part = PAGE - ((uintptr_t)from + done) % PAGE;

        if (part > size - done)
            part = size - done;
        if (user_memory_read(to + done, from + (long)done, part) < 0)
            return -EFAULT;
        const char *end = memchr(to + done, '\0', part);
        if (end != NULL)
            return end - to;
        done += part;
    }
    return -ENAMETOOLONG;
}
