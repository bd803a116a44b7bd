/* SPDX-License-Identifier: MIT */
/* Makes kernel objects anew from /proc/self/fdinfo: see anon_inodes.h. Watches of inotify are not made
 * again: the kernel tells no names. */
#define _GNU_SOURCE
#include "restore/anon_inodes.h"

#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/syscall.h>
#include <sys/timerfd.h>

#include "base/fd_name.h"
#include "base/kernel.h"
#include "options/parse.h"

/* linux/timerfd.h has it, and much that sys/timerfd.h has too. */
#define SET_TICKS _IOW('T', 0, uint64_t)

#define NONBLOCK(descriptor) ((descriptor)->flags & O_NONBLOCK)

/* --- what the kernel wrote --- */

/* A number behind this name at the start of a line or in it; *at goes behind it. */
static bool find_number(const char **at, const char *name, unsigned base, uint64_t *number)
{
    const char *c = strstr(*at, name);

    *number = 0;
    if (c == NULL)
        return false;
    for (c += strlen(name); *c == ' ' || *c == '\t' || *c == '('; c++)
        continue;
    parse_digits(&c, base, number);
    *at = c;
    return true;
}

static uint64_t number_of(const struct descriptor *descriptor, const char *name, unsigned base)
{
    const char *at = descriptor->info;
    uint64_t number;

    find_number(&at, name, base, &number);
    return number;
}

/* --- one kind each --- */

static long create_eventfd(const struct descriptor *descriptor)
{
    uint64_t value = number_of(descriptor, "eventfd-count:", 16);
    bool is_semaphore = number_of(descriptor, "eventfd-semaphore:", 10) != 0;
    long fd = raw_syscall2(SYS_eventfd2, 0, NONBLOCK(descriptor) | O_CLOEXEC | (is_semaphore ? 1 : 0));

    if (fd >= 0 && value != 0)
        kernel_write((int)fd, &value, sizeof value);
    return fd;
}

static long create_timerfd(const struct descriptor *descriptor)
{
    return raw_syscall2(SYS_timerfd_create, number_of(descriptor, "clockid:", 10),
                        NONBLOCK(descriptor) | O_CLOEXEC);
}

static long create_signalfd(const struct descriptor *descriptor)
{
    uint64_t mask = number_of(descriptor, "sigmask:", 16);

    return raw_syscall4(SYS_signalfd4, -1, &mask, sizeof mask, NONBLOCK(descriptor) | O_CLOEXEC);
}

static long create_epoll(const struct descriptor *descriptor)
{
    (void)descriptor;
    return raw_syscall1(SYS_epoll_create1, O_CLOEXEC);
}

static long create_inotify(const struct descriptor *descriptor)
{
    return raw_syscall1(SYS_inotify_init1, NONBLOCK(descriptor) | O_CLOEXEC);
}

static long refuse(const struct descriptor *descriptor)
{
    (void)descriptor;
    return -ENOTSUP;
}

/* As /proc/self/fd shows them. Others (pidfd, perf_event, ...) hold nothing that a reader would take away. */
static const struct kind {
    const char *name;
    long (*create)(const struct descriptor *descriptor);
} kinds[] = {
    {"anon_inode:[eventfd]", create_eventfd},   {"anon_inode:[timerfd]", create_timerfd},
    {"anon_inode:[signalfd]", create_signalfd}, {"anon_inode:[eventpoll]", create_epoll},
    {"anon_inode:inotify", create_inotify},     {"anon_inode:[fanotify]", refuse},
    {"anon_inode:[io_uring]", refuse},          {"anon_inode:[userfaultfd]", refuse},
};

int anon_inode_create(const struct descriptor *descriptor)
{
    char name[32];

    if (fd_name_read(descriptor->fd, name, sizeof name) < 0)
        return -ENOTSUP;
    for (size_t i = 0; i < sizeof kinds / sizeof *kinds; i++)
        if (strcmp(kinds[i].name, name) == 0)
            return (int)kinds[i].create(descriptor);
    return -EEXIST;
}

void anon_inode_connect(const struct descriptor *descriptor)
{
    const char *at = descriptor->info;
    uint64_t fd, events, data;

    while (find_number(&at, "tfd:", 10, &fd) && find_number(&at, "events:", 16, &events) &&
           find_number(&at, "data:", 16, &data)) {
        struct epoll_event event = {.events = (uint32_t)events, .data.u64 = data};
        raw_syscall4(SYS_epoll_ctl, descriptor->fd, EPOLL_CTL_ADD, fd, &event);
    }
}

void anon_inode_rearm(const struct descriptor *descriptor)
{
    const char *at = descriptor->info;
    struct itimerspec time;
    uint64_t ticks, number;

    if (!find_number(&at, "ticks:", 10, &ticks))
        return;
    if (!find_number(&at, "it_value:", 10, &number))
        return;
    time.it_value.tv_sec = (time_t)number;
    find_number(&at, ",", 10, &number);
    time.it_value.tv_nsec = (long)number;
    find_number(&at, "it_interval:", 10, &number);
    time.it_interval.tv_sec = (time_t)number;
    find_number(&at, ",", 10, &number);
    time.it_interval.tv_nsec = (long)number;
    raw_syscall4(SYS_timerfd_settime, descriptor->fd, 0, &time, NULL);
    if (ticks != 0)
        kernel_ioctl(descriptor->fd, SET_TICKS, &ticks);
}
