/* SPDX-License-Identifier: MIT */
/* Small files of /proc: see proc_file.h. */
#define _GNU_SOURCE
#include "base/proc_file.h"

#include <fcntl.h>
#include <sys/syscall.h>

#include "base/raw_syscall.h"

const char *proc_file(const char *path, char *buffer, size_t size)
{
    long fd = raw_syscall4(SYS_openat, AT_FDCWD, (long)path, O_RDONLY | O_CLOEXEC, 0);

    if (fd < 0)
        return NULL;
    long length = raw_syscall3(SYS_read, fd, (long)buffer, (long)size - 1);
    raw_syscall1(SYS_close, fd);
    buffer[length > 0 ? length : 0] = '\0';
    return buffer;
}
