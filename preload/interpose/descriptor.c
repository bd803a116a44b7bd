/* SPDX-License-Identifier: MIT */
/* Where a number gets another file: what kind of file it is now is remembered, or forgotten, for the hooks
 * that ask (record/descriptor_class.h). A byte is stored; nothing else is changed. */
#define _GNU_SOURCE
#include <fcntl.h>
#include <signal.h>
#include <stdarg.h>
#include <stdio.h>

#include "interpose/libc_hook.h"
#include "record/descriptor_class.h"
#include "run/role.h"
#include "snapshot/take.h"

static int (*libc_close)(int fd);
static int (*libc_fclose)(FILE *stream);
static int (*libc_close_range)(unsigned first, unsigned last, int flags);
static int (*libc_dup)(int fd);
static int (*libc_dup2)(int fd, int to);
static int (*libc_dup3)(int fd, int to, int flags);
static int (*libc_fcntl)(int fd, int command, void *argument);

static int made(int fd, enum descriptor_class class)
{
    if (fd >= 0)
        descriptor_class_set(fd, class);
    return fd;
}

static int made_two(int result, const int fds[2], enum descriptor_class class)
{
    if (result == 0) {
        descriptor_class_set(fds[0], class);
        descriptor_class_set(fds[1], class);
    }
    return result;
}

/* A child of vfork() or posix_spawn() shares our memory, but has descriptors of its own. */
static bool is_ours(void)
{
    return !role_records() || role_is_self();
}

static int copied(int from, int fd)
{
    if (fd >= 0 && is_ours())
        descriptor_class_copy(from, fd);
    return fd;
}

static int on_close(int fd)
{
    descriptor_class_set(fd, DESCRIPTOR_UNKNOWN);
    take_settle();
    return libc_close(fd);
}

/* It closes past our hook of close(). */
static int on_fclose(FILE *stream)
{
    take_settle();
    return libc_fclose(stream);
}

static int on_close_range(unsigned first, unsigned last, int flags)
{
    take_settle();
    return libc_close_range(first, last, flags);
}

static int on_dup(int fd)
{
    return copied(fd, libc_dup(fd));
}

static int on_dup2(int fd, int to)
{
    take_settle();
    return copied(fd, libc_dup2(fd, to));
}

static int on_dup3(int fd, int to, int flags)
{
    take_settle();
    return copied(fd, libc_dup3(fd, to, flags));
}

static int on_fcntl(int fd, int command, ...)
{
    va_list arguments;

    va_start(arguments, command);
    void *argument = va_arg(arguments, void *);
    va_end(arguments);
    int result = libc_fcntl(fd, command, argument);
    return command == F_DUPFD || command == F_DUPFD_CLOEXEC ? copied(fd, result) : result;
}

/* New descriptors: a number is one, two are left in an array. */
#define MADE(name, class, parameters, ...)                                                                   \
    static int(*libc_##name) parameters;                                                                     \
    static int on_##name parameters                                                                          \
    {                                                                                                        \
        return made(libc_##name(__VA_ARGS__), class);                                                        \
    }

#define MADE_TWO(name, class, parameters, ...)                                                               \
    static int(*libc_##name) parameters;                                                                     \
    static int on_##name parameters                                                                          \
    {                                                                                                        \
        return made_two(libc_##name(__VA_ARGS__), fds, class);                                               \
    }

MADE_TWO(pipe, DESCRIPTOR_PIPE, (int fds[2]), fds)
MADE_TWO(pipe2, DESCRIPTOR_PIPE, (int fds[2], int flags), fds, flags)
MADE_TWO(socketpair, DESCRIPTOR_SOCKET, (int family, int type, int protocol, int fds[2]), family, type,
         protocol, fds)
MADE(epoll_create, DESCRIPTOR_KERNEL, (int size), size)
MADE(epoll_create1, DESCRIPTOR_KERNEL, (int flags), flags)
MADE(eventfd, DESCRIPTOR_KERNEL, (unsigned count, int flags), count, flags)
MADE(timerfd_create, DESCRIPTOR_KERNEL, (int clock, int flags), clock, flags)
MADE(signalfd, DESCRIPTOR_KERNEL, (int fd, const sigset_t *mask, int flags), fd, mask, flags)
MADE(inotify_init, DESCRIPTOR_KERNEL, (void))
MADE(inotify_init1, DESCRIPTOR_KERNEL, (int flags), flags)
MADE(memfd_create, DESCRIPTOR_FILE, (const char *name, unsigned flags), name, flags)
MADE(pidfd_open, DESCRIPTOR_KERNEL, (pid_t pid, unsigned flags), pid, flags)

static const struct libc_hook rows[] = {
    LIBC_HOOK("close", on_close, libc_close),
    LIBC_HOOK("fclose", on_fclose, libc_fclose),
    LIBC_HOOK("close_range", on_close_range, libc_close_range),
    LIBC_HOOK("dup", on_dup, libc_dup),
    LIBC_HOOK("dup2", on_dup2, libc_dup2),
    LIBC_HOOK("dup3", on_dup3, libc_dup3),
    LIBC_HOOK("fcntl64", on_fcntl, libc_fcntl),
    LIBC_HOOK("pipe", on_pipe, libc_pipe),
    LIBC_HOOK("pipe2", on_pipe2, libc_pipe2),
    LIBC_HOOK("socketpair", on_socketpair, libc_socketpair),
    LIBC_HOOK("epoll_create", on_epoll_create, libc_epoll_create),
    LIBC_HOOK("epoll_create1", on_epoll_create1, libc_epoll_create1),
    LIBC_HOOK("eventfd", on_eventfd, libc_eventfd),
    LIBC_HOOK("timerfd_create", on_timerfd_create, libc_timerfd_create),
    LIBC_HOOK("signalfd", on_signalfd, libc_signalfd),
    LIBC_HOOK("inotify_init", on_inotify_init, libc_inotify_init),
    LIBC_HOOK("inotify_init1", on_inotify_init1, libc_inotify_init1),
    LIBC_HOOK("memfd_create", on_memfd_create, libc_memfd_create),
    LIBC_HOOK("pidfd_open", on_pidfd_open, libc_pidfd_open),
};
const struct libc_hooks descriptor_hooks = LIBC_HOOKS(rows);
