/* SPDX-License-Identifier: MIT */
/* Lists numbered entries of /proc: see proc_list.h. No opendir: it needs the heap. */
#define _GNU_SOURCE
#include "base/proc_list.h"

#include <fcntl.h>
#include <stdbool.h>
#include <stdint.h>
#include <sys/syscall.h>

#include "base/kernel.h"

struct kernel_dirent {
    uint64_t inode;
    int64_t offset;
    unsigned short length;
    unsigned char type;
    char name[];
};

/* -1: it is none. */
static int number_of(const char *name)
{
    int number = 0;

    if (*name < '0' || *name > '9')
        return -1;
    for (; *name != '\0'; name++)
        number = number * 10 + (*name - '0');
    return number;
}

static int list_part(const char *bytes, long length, int hidden, int (*visit)(int number, void *context),
                     void *context)
{
    int r = 0;

    for (long at = 0; at < length && r == 0;) {
        const struct kernel_dirent *entry = (const struct kernel_dirent *)(const void *)(bytes + at);
        int number = number_of(entry->name);

        at += entry->length;
        if (number >= 0 && number != hidden)
            r = visit(number, context);
    }
    return r;
}

static int list(const char *path, bool hides_itself, int (*visit)(int number, void *context), void *context)
{
    _Alignas(struct kernel_dirent) char buffer[4096];
    int fd = kernel_open(path, O_RDONLY | O_DIRECTORY | O_CLOEXEC), r = 0;
    long length = fd;

    while (fd >= 0 && r == 0 && (length = raw_syscall3(SYS_getdents64, fd, buffer, sizeof buffer)) > 0)
        r = list_part(buffer, length, hides_itself ? fd : -1, visit, context);
    kernel_close(fd);
    return r != 0 ? r : (int)length;
}

int proc_list_each(const char *path, int (*visit)(int number, void *context), void *context)
{
    return list(path, false, visit, context);
}

int proc_list_descriptors(int (*visit)(int fd, void *context), void *context)
{
    return list("/proc/thread-self/fd", true, visit, context);
}
