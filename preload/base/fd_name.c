/* SPDX-License-Identifier: MIT */
/* See fd_name.h. */
#include "base/fd_name.h"

#include "base/kernel.h"
#include "base/text.h"

struct fd_name fd_name(int fd)
{
    struct fd_name name = {""};

    text_print(name.path, sizeof name.path, "/proc/thread-self/fd/%d", fd);
    return name;
}

long fd_name_read(int fd, char *name, size_t size)
{
    return kernel_readlink(fd_name(fd).path, name, size);
}
