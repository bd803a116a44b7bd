/* SPDX-License-Identifier: MIT */
/* Numbers that the simulator does not use: see high_number.h. */
#define _GNU_SOURCE
#include "base/high_number.h"

#include <fcntl.h>
#include <sys/resource.h>

#include "base/kernel.h"

/* The kernel's table of descriptors is as long as the highest number. */
#define NUMBER_MAX  65536u
#define NUMBER_ROOM ((rlim_t)1024)

int high_number_dup(int fd)
{
    struct rlimit limit, raised;
    rlim_t number;

    long r = kernel_getrlimit(RLIMIT_NOFILE, &limit);
    if (r < 0)
        return (int)r;
    raised = (struct rlimit){limit.rlim_max, limit.rlim_max};
    if (limit.rlim_cur < limit.rlim_max && limit.rlim_cur < NUMBER_MAX) {
        number = limit.rlim_cur;
        kernel_setrlimit(RLIMIT_NOFILE, &raised);
    } else {
        rlim_t end = limit.rlim_cur < NUMBER_MAX ? limit.rlim_cur : NUMBER_MAX;
        number = end > 2 * NUMBER_ROOM ? end - NUMBER_ROOM : end / 2;
        raised = limit;
    }
    r = kernel_fcntl(fd, F_DUPFD_CLOEXEC, (long)number);
    if (raised.rlim_cur != limit.rlim_cur)
        kernel_setrlimit(RLIMIT_NOFILE, &limit);
    return (int)r;
}

int high_number_move(int fd)
{
    int moved = high_number_dup(fd);

    if (moved < 0)
        return fd;
    kernel_close(fd);
    return moved;
}
