/* SPDX-License-Identifier: MIT */
/* What waiting for descriptors answers: poll, select, epoll and their kin. A set is
 * recorded where one of its descriptors cannot be rewound; the first of them names the stream. A testbench
 * that polls at every cycle and is told "nothing" writes the same answer again and again: that is counted,
 * not written. */
#define _GNU_SOURCE
#include <poll.h>
#include <signal.h>
#include <stddef.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/select.h>
#include <sys/syscall.h>
#include <sys/timerfd.h>

#include "interpose/libc_hook.h"
#include "record/input_call.h"
#include "snapshot/threads/call_note.h"

static int (*libc_poll_unnoted)(struct pollfd *fds, nfds_t count, int timeout_ms);
static int (*libc_ppoll)(struct pollfd *fds, nfds_t count, const struct timespec *timeout,
                         const sigset_t *mask);
static int (*libc_select)(int count, fd_set *readable, fd_set *writable, fd_set *special,
                          struct timeval *timeout);
static int (*libc_pselect)(int count, fd_set *readable, fd_set *writable, fd_set *special,
                           const struct timespec *timeout, const sigset_t *mask);
static int (*libc_epoll_wait_unnoted)(int fd, struct epoll_event *events, int room, int timeout_ms);
static int (*libc_epoll_pwait_unnoted)(int fd, struct epoll_event *events, int room, int timeout_ms,
                                       const sigset_t *mask);
static int (*libc_epoll_pwait2_unnoted)(int fd, struct epoll_event *events, int room,
                                        const struct timespec *timeout, const sigset_t *mask);
static int (*libc_epoll_ctl)(int fd, int operation, int of, struct epoll_event *event);
static int (*libc_timerfd_settime)(int fd, int flags, const struct itimerspec *value,
                                   struct itimerspec *before);
static int (*libc_timerfd_gettime)(int fd, struct itimerspec *value);

static struct input_call call_of(int fd, enum input_group group, const char *name)
{
    return (struct input_call){.kind = INPUT_CALL, .group = group, .fd = (uint64_t)fd, .name = name};
}

/* --- with a timeout that a snapshot must not begin anew --- */

static int libc_poll(struct pollfd *fds, nfds_t count, int timeout_ms)
{
    return CALL_NOTED(SYS_poll, timeout_ms > 0, libc_poll_unnoted(fds, count, timeout_ms));
}

static int libc_epoll_wait(int fd, struct epoll_event *events, int room, int timeout_ms)
{
    return CALL_NOTED(SYS_epoll_wait, timeout_ms > 0, libc_epoll_wait_unnoted(fd, events, room, timeout_ms));
}

static int libc_epoll_pwait(int fd, struct epoll_event *events, int room, int timeout_ms,
                            const sigset_t *mask)
{
    return CALL_NOTED(SYS_epoll_pwait, timeout_ms > 0,
                      libc_epoll_pwait_unnoted(fd, events, room, timeout_ms, mask));
}

static int libc_epoll_pwait2(int fd, struct epoll_event *events, int room, const struct timespec *timeout,
                             const sigset_t *mask)
{
    return CALL_NOTED(SYS_epoll_pwait2, timeout != NULL,
                      libc_epoll_pwait2_unnoted(fd, events, room, timeout, mask));
}

/* --- poll --- */

/* One descriptor that has something; the payload is a list of them. */
struct ready {
    uint32_t index;
    int16_t revents;
} __attribute__((packed));

#define READY_AT_ONCE 64 /* of more, the list is written in several parts */

static bool concerns_poll(const struct pollfd *fds, nfds_t count, int *fd)
{
    if (input_mode() == INPUT_NOT_CONCERNED || input_call_leads_nowhere(fds))
        return false;
    for (nfds_t i = 0; i < count; i++)
        if (fds[i].fd >= 0 && input_concerns(fds[i].fd)) {
            *fd = fds[i].fd;
            return true;
        }
    return false;
}

/* Many ready ones at once make several answers, each but the last with a result of -2, which poll never has.
 */
static void record_poll(const struct input_call *call, int64_t result, const struct pollfd *fds, nfds_t count)
{
    struct ready list[READY_AT_ONCE];
    size_t found = 0;

    for (nfds_t i = 0; result > 0 && i < count; i++) {
        if (fds[i].revents == 0)
            continue;
        if (found == READY_AT_ONCE) {
            input_call_record_bytes(call, -2, list, sizeof list);
            found = 0;
        }
        list[found++] = (struct ready){(uint32_t)i, fds[i].revents};
    }
    input_call_record_bytes(call, result, list, found * sizeof *list);
}

static int64_t feed_poll(struct input_call *call, int64_t result, struct pollfd *fds, nfds_t count)
{
    for (nfds_t i = 0; result != -1 && i < count; i++)
        fds[i].revents = 0;
    for (;;) {
        struct ready one;

        for (size_t at = 0; input_call_copy(call, at, &one, sizeof one) == sizeof one; at += sizeof one)
            if (one.index < count)
                fds[one.index].revents = one.revents;
        if (result != -2)
            return result;
        input_call_is_fed(call, &result);
    }
}

static int64_t finish_poll(struct input_call *call, int64_t result, struct pollfd *fds, nfds_t count)
{
    if (input_call_is_fed(call, &result))
        return feed_poll(call, result, fds, count);
    record_poll(call, result, fds, count);
    return result;
}

static int on_poll(struct pollfd *fds, nfds_t count, int timeout_ms)
{
    int fd, result = 0;

    if (!concerns_poll(fds, count, &fd))
        return libc_poll(fds, count, timeout_ms);
    struct input_call call = call_of(fd, INPUT_GROUP_POLL, "poll");
    if (input_call_is_made(&call))
        result = libc_poll(fds, count, timeout_ms);
    return (int)finish_poll(&call, result, fds, count);
}

static int on_ppoll(struct pollfd *fds, nfds_t count, const struct timespec *timeout, const sigset_t *mask)
{
    int fd, result = 0;

    if (!concerns_poll(fds, count, &fd))
        return libc_ppoll(fds, count, timeout, mask);
    struct input_call call = call_of(fd, INPUT_GROUP_POLL, "ppoll");
    if (input_call_is_made(&call))
        result = libc_ppoll(fds, count, timeout, mask);
    return (int)finish_poll(&call, result, fds, count);
}

/* --- select --- */

/* The arguments, as far as the answer is written over them. */
struct sets {
    int count;
    fd_set *set[3];
    struct timeval *timeout; /* Linux leaves there what is left of it */
};

/* The kernel goes by whole words; a set may be larger than fd_set says. */
static size_t set_bytes(const struct sets *sets)
{
    return sets->count <= 0 ? 0 : ((size_t)sets->count + 63) / 64 * 8;
}

static bool concerns_select(const struct sets *sets, int *first)
{
    if (input_mode() == INPUT_NOT_CONCERNED)
        return false;
    for (unsigned i = 0; i < 3; i++)
        if (sets->set[i] != NULL && input_call_leads_nowhere(sets->set[i]))
            return false;
    for (int fd = 0; fd < sets->count; fd++)
        for (unsigned i = 0; i < 3; i++) {
            const uint8_t *bits = (const uint8_t *)sets->set[i];
            if (bits != NULL && (bits[fd / 8] & 1u << fd % 8) != 0 && input_concerns(fd)) {
                *first = fd;
                return true;
            }
        }
    return false;
}

static int64_t finish_select(struct input_call *call, int64_t result, const struct sets *sets)
{
    const size_t size = set_bytes(sets);

    if (!input_call_is_fed(call, &result)) {
        struct iovec parts[4];
        int count = 0;
        for (unsigned i = 0; i < 3 && result > 0; i++)
            if (sets->set[i] != NULL)
                parts[count++] = (struct iovec){sets->set[i], size};
        if (sets->timeout != NULL && (result > 0 || (result < 0 && sets->timeout->tv_sec >= 0)))
            parts[count++] = (struct iovec){sets->timeout, sizeof *sets->timeout};
        input_call_record(call, result, parts, count, SIZE_MAX);
        return result;
    }
    size_t at = 0;
    for (unsigned i = 0; i < 3 && result >= 0; i++) {
        if (sets->set[i] == NULL)
            continue;
        memset(sets->set[i], 0, size);
        at += input_call_copy(call, at, sets->set[i], size);
    }
    if (sets->timeout != NULL && result == 0)
        *sets->timeout = (struct timeval){0, 0};
    else if (sets->timeout != NULL)
        input_call_copy(call, at, sets->timeout, sizeof *sets->timeout);
    return result;
}

static int on_select(int count, fd_set *readable, fd_set *writable, fd_set *special, struct timeval *timeout)
{
    const struct sets sets = {count, {readable, writable, special}, timeout};
    int fd, result = 0;

    if (!concerns_select(&sets, &fd))
        return libc_select(count, readable, writable, special, timeout);
    struct input_call call = call_of(fd, INPUT_GROUP_POLL, "select");
    if (input_call_is_made(&call))
        result = libc_select(count, readable, writable, special, timeout);
    return (int)finish_select(&call, result, &sets);
}

static int on_pselect(int count, fd_set *readable, fd_set *writable, fd_set *special,
                      const struct timespec *timeout, const sigset_t *mask)
{
    const struct sets sets = {count, {readable, writable, special}, NULL};
    int fd, result = 0;

    if (!concerns_select(&sets, &fd))
        return libc_pselect(count, readable, writable, special, timeout, mask);
    struct input_call call = call_of(fd, INPUT_GROUP_POLL, "pselect");
    if (input_call_is_made(&call))
        result = libc_pselect(count, readable, writable, special, timeout, mask);
    return (int)finish_select(&call, result, &sets);
}

/* --- epoll: all that it says is input, whatever it watches --- */

static int64_t finish_epoll(struct input_call *call, int64_t result, struct epoll_event *events, int room)
{
    if (!input_call_is_fed(call, &result)) {
        input_call_record_bytes(call, result, events, result > 0 ? (size_t)result * sizeof *events : 0);
        return result;
    }
    if (result > room)
        result = room;
    if (result > 0)
        input_call_copy(call, 0, events, (size_t)result * sizeof *events);
    return result;
}

static int on_epoll_wait(int fd, struct epoll_event *events, int room, int timeout_ms)
{
    struct input_call call = call_of(fd, INPUT_GROUP_POLL, "epoll_wait");
    int result = 0;

    if (!input_concerns(fd))
        return libc_epoll_wait(fd, events, room, timeout_ms);
    if (input_call_is_made(&call))
        result = libc_epoll_wait(fd, events, room, timeout_ms);
    return (int)finish_epoll(&call, result, events, room);
}

static int on_epoll_pwait(int fd, struct epoll_event *events, int room, int timeout_ms, const sigset_t *mask)
{
    struct input_call call = call_of(fd, INPUT_GROUP_POLL, "epoll_pwait");
    int result = 0;

    if (!input_concerns(fd))
        return libc_epoll_pwait(fd, events, room, timeout_ms, mask);
    if (input_call_is_made(&call))
        result = libc_epoll_pwait(fd, events, room, timeout_ms, mask);
    return (int)finish_epoll(&call, result, events, room);
}

static int on_epoll_pwait2(int fd, struct epoll_event *events, int room, const struct timespec *timeout,
                           const sigset_t *mask)
{
    struct input_call call = call_of(fd, INPUT_GROUP_POLL, "epoll_pwait2");
    int result = 0;

    if (!input_concerns(fd))
        return libc_epoll_pwait2(fd, events, room, timeout, mask);
    if (input_call_is_made(&call))
        result = libc_epoll_pwait2(fd, events, room, timeout, mask);
    return (int)finish_epoll(&call, result, events, room);
}

static int on_epoll_ctl(int fd, int operation, int of, struct epoll_event *event)
{
    struct input_call call = call_of(fd, INPUT_GROUP_NONE, "epoll_ctl");
    int64_t result = 0;

    if (!input_concerns(fd))
        return libc_epoll_ctl(fd, operation, of, event);
    if (input_call_is_made(&call))
        result = libc_epoll_ctl(fd, operation, of, event);
    if (!input_call_is_fed(&call, &result))
        input_call_record_result(&call, result);
    return (int)result;
}

/* --- calls that ask one descriptor, or set it --- */

/* Gives or records an answer of so many bytes. */
static int finish_value(struct input_call *call, int64_t result, void *value, size_t size)
{
    if (!input_call_is_fed(call, &result))
        input_call_record_bytes(call, result, value, result >= 0 && value != NULL ? size : 0);
    else if (value != NULL)
        input_call_copy(call, 0, value, size);
    return (int)result;
}

static int on_timerfd_settime(int fd, int flags, const struct itimerspec *value, struct itimerspec *before)
{
    struct input_call call = call_of(fd, INPUT_GROUP_NONE, "timerfd_settime");
    int result = 0;

    if (!input_concerns(fd))
        return libc_timerfd_settime(fd, flags, value, before);
    if (input_call_is_made(&call))
        result = libc_timerfd_settime(fd, flags, value, before);
    return finish_value(&call, result, before, sizeof *before);
}

static int on_timerfd_gettime(int fd, struct itimerspec *value)
{
    struct input_call call = call_of(fd, INPUT_GROUP_NONE, "timerfd_gettime");
    int result = 0;

    if (!input_concerns(fd))
        return libc_timerfd_gettime(fd, value);
    if (input_call_is_made(&call))
        result = libc_timerfd_gettime(fd, value);
    return finish_value(&call, result, value, sizeof *value);
}

static const struct libc_hook rows[] = {
    LIBC_HOOK("poll", on_poll, libc_poll_unnoted),
    LIBC_HOOK("ppoll", on_ppoll, libc_ppoll),
    LIBC_HOOK("select", on_select, libc_select),
    LIBC_HOOK("pselect", on_pselect, libc_pselect),
    LIBC_HOOK("epoll_wait", on_epoll_wait, libc_epoll_wait_unnoted),
    LIBC_HOOK("epoll_pwait", on_epoll_pwait, libc_epoll_pwait_unnoted),
    LIBC_HOOK("epoll_pwait2", on_epoll_pwait2, libc_epoll_pwait2_unnoted),
    LIBC_HOOK("epoll_ctl", on_epoll_ctl, libc_epoll_ctl),
    LIBC_HOOK("timerfd_settime", on_timerfd_settime, libc_timerfd_settime),
    LIBC_HOOK("timerfd_gettime", on_timerfd_gettime, libc_timerfd_gettime),
};
const struct libc_hooks poll_hooks = LIBC_HOOKS(rows);
