/* SPDX-License-Identifier: MIT */
/* Small files of /proc: see proc_file.h. */
#define _GNU_SOURCE
#include "base/proc_file.h"

#include <fcntl.h>

#include "base/kernel.h"

const char *proc_file(const char *path, char *buffer, size_t size)
{
    int fd = kernel_open(path, O_RDONLY | O_CLOEXEC);

    if (fd < 0)
        return NULL;
    long length = kernel_read(fd, buffer, size - 1);
    kernel_close(fd);
    buffer[length > 0 ? length : 0] = '\0';
    return buffer;
}

long proc_file_read(const char *path, char *buffer, size_t size)
{
    int fd = kernel_open(path, O_RDONLY | O_CLOEXEC);
    size_t length = 0;
    long r = fd;

    while (fd >= 0 && (r = kernel_read(fd, buffer + length, size - 1 - length)) > 0)
        length += (size_t)r;
    kernel_close(fd);
    buffer[length] = '\0';
    return r < 0 ? r : (long)length;
}
