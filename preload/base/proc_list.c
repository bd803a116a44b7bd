/* SPDX-License-Identifier: MIT */
/* Lists numbered entries of /proc: see proc_list.h. No opendir: it needs the heap. */
#define _GNU_SOURCE
#include "base/proc_list.h"

#include <fcntl.h>
#include <stdint.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "base/kernel.h"

struct kernel_dirent {
    uint64_t inode;
    int64_t offset;
    unsigned short length;
    unsigned char type;
    char name[];
};

int proc_list_open(const char *path)
{
    return kernel_open(path, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
}

int proc_list_each(int fd, int (*visit)(int number, void *context), void *context)
{
    _Alignas(struct kernel_dirent) char buffer[4096];
    long length;

    kernel_lseek(fd, 0, SEEK_SET);
    while ((length = raw_syscall3(SYS_getdents64, fd, buffer, sizeof buffer)) > 0)
        for (long at = 0; at < length;) {
            const struct kernel_dirent *entry = (const struct kernel_dirent *)(const void *)(buffer + at);
            int number = 0;

            at += entry->length;
            if (entry->name[0] < '0' || entry->name[0] > '9')
                continue;
            for (const char *c = entry->name; *c != '\0'; c++)
                number = number * 10 + (*c - '0');
            int r = visit(number, context);
            if (r != 0)
                return r;
        }
    return (int)length;
}
