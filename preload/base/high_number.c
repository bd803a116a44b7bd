/* SPDX-License-Identifier: MIT */
/* Numbers that the simulator does not use: see high_number.h. */
#define _GNU_SOURCE
#include "base/high_number.h"

#include <fcntl.h>
#include <sys/resource.h>
#include <sys/syscall.h>

#include "base/raw_syscall.h"

/* The kernel's table of descriptors is as long as the highest number. */
#define NUMBER_MAX  65536u
#define NUMBER_ROOM ((rlim_t)1024)

int high_number_dup(int fd)
{
    struct rlimit limit, raised;
    rlim_t number;

    long r = raw_syscall4(SYS_prlimit64, 0, RLIMIT_NOFILE, 0, (long)&limit);
    if (r < 0)
        return (int)r;
    raised = (struct rlimit){limit.rlim_max, limit.rlim_max};
    if (limit.rlim_cur < limit.rlim_max && limit.rlim_cur < NUMBER_MAX) {
        number = limit.rlim_cur;
        raw_syscall4(SYS_prlimit64, 0, RLIMIT_NOFILE, (long)&raised, 0);
    } else {
        rlim_t end = limit.rlim_cur < NUMBER_MAX ? limit.rlim_cur : NUMBER_MAX;
        number = end > 2 * NUMBER_ROOM ? end - NUMBER_ROOM : end / 2;
        raised = limit;
    }
    r = raw_syscall3(SYS_fcntl, fd, F_DUPFD_CLOEXEC, (long)number);
    if (raised.rlim_cur != limit.rlim_cur)
        raw_syscall4(SYS_prlimit64, 0, RLIMIT_NOFILE, (long)&limit, 0);
    return (int)r;
}

int high_number_move(int fd)
{
    int moved = high_number_dup(fd);

    if (moved < 0)
        return fd;
    raw_syscall1(SYS_close, fd);
    return moved;
}
