/* SPDX-License-Identifier: MIT */
/* What waiting for descriptors answers: poll, select, epoll and their kin. A set is
 * recorded where one of its descriptors cannot be rewound; the first of them names the stream. A testbench
 * that polls at every cycle and is told "nothing" writes the same answer again and again: that is counted,
 * not written. */
#define _GNU_SOURCE
#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <stddef.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/select.h>
#include <sys/syscall.h>
#include <sys/timerfd.h>

#include "base/kernel.h"
#include "base/user_memory.h"
#include "interpose/libc_hook.h"
#include "record/answer.h"
#include "run/role.h"
#include "snapshot/threads/call_note.h"

static int (*libc_poll)(struct pollfd *fds, nfds_t count, int timeout_ms);
static int (*libc_ppoll)(struct pollfd *fds, nfds_t count, const struct timespec *timeout,
                         const sigset_t *mask);
static int (*libc_select)(int count, fd_set *readable, fd_set *writable, fd_set *special,
                          struct timeval *timeout);
static int (*libc_pselect)(int count, fd_set *readable, fd_set *writable, fd_set *special,
                           const struct timespec *timeout, const sigset_t *mask);
static int (*libc_epoll_wait)(int fd, struct epoll_event *events, int room, int timeout_ms);
static int (*libc_epoll_pwait)(int fd, struct epoll_event *events, int room, int timeout_ms,
                               const sigset_t *mask);
static int (*libc_epoll_pwait2)(int fd, struct epoll_event *events, int room, const struct timespec *timeout,
                                const sigset_t *mask);
static int (*libc_epoll_ctl)(int fd, int operation, int of, struct epoll_event *event);
static int (*libc_timerfd_settime)(int fd, int flags, const struct itimerspec *value,
                                   struct itimerspec *before);
static int (*libc_timerfd_gettime)(int fd, struct itimerspec *value);

/* fd: of the set, the one that is concerned; -1: none is. */
static inline bool begins(struct answer *answer, int fd, const char *name)
{
    answer->is_told = false;
    answer->is_concerned = fd >= 0;
    return fd < 0 || answer_begins_concerned(answer, ANSWER_POLL, fd, name);
}

/* --- poll --- */

/* One descriptor that has something; the payload is a list of them. */
struct ready {
    uint32_t index;
    int16_t revents;
} __attribute__((packed));

#define READY_AT_ONCE 64         /* of more, the list is written in several parts */
#define LONGEST       (1u << 20) /* no process has more descriptors, and the kernel refuses more */

/* The first descriptor that is concerned; -1: none is. Where nobody is told anything the list is not looked
 * at: it may be long, or not be there. */
static int concerns_poll(const struct pollfd *fds, nfds_t count)
{
    if (!role_may_be_told() || user_memory_is_nowhere(fds) || count > LONGEST)
        return -1;
    for (nfds_t i = 0; i < count; i++)
        if (fds[i].fd >= 0 && answer_concerns(fds[i].fd))
            return fds[i].fd;
    return -1;
}

/* Many ready ones at once make several answers, each but the last with a result of -2, which poll never has.
 */
static void record_poll(struct answer *answer, const struct pollfd *fds, nfds_t count)
{
    const int64_t result = answer->result;
    struct ready list[READY_AT_ONCE];
    size_t found = 0;

    for (nfds_t i = 0; result > 0 && i < count; i++) {
        if (fds[i].revents == 0)
            continue;
        if (found == READY_AT_ONCE) {
            const struct iovec part = {list, sizeof list};
            tape_record(answer->kind, answer->key, -2, &part, 1);
            found = 0;
        }
        list[found++] = (struct ready){(uint32_t)i, fds[i].revents};
    }
    answer_part(answer, list, found * sizeof *list);
    answer_ends(answer);
}

static void feed_poll(struct answer *answer, struct pollfd *fds, nfds_t count)
{
    for (nfds_t i = 0; answer->result != -1 && i < count; i++)
        fds[i].revents = 0;
    for (;; answer_told_more(answer)) {
        struct ready one;

        while (answer_left(answer) >= sizeof one) {
            answer_part(answer, &one, sizeof one);
            if (one.index < count)
                fds[one.index].revents = one.revents;
        }
        if (answer->result != -2)
            return;
    }
}

static int finish_poll(struct answer *answer, int result, struct pollfd *fds, nfds_t count)
{
    answer_comes(answer, result);
    if (answer->is_told)
        feed_poll(answer, fds, count);
    else if (answer->is_concerned)
        record_poll(answer, fds, count);
    return (int)answer->result;
}

static int on_poll(struct pollfd *fds, nfds_t count, int timeout_ms)
{
    struct answer answer;
    int result = begins(&answer, concerns_poll(fds, count), "poll")
                     ? CALL_NOTED(SYS_poll, timeout_ms > 0, libc_poll(fds, count, timeout_ms))
                     : 0;

    return finish_poll(&answer, result, fds, count);
}

static int on_ppoll(struct pollfd *fds, nfds_t count, const struct timespec *timeout, const sigset_t *mask)
{
    struct answer answer;
    int result =
        begins(&answer, concerns_poll(fds, count), "ppoll") ? libc_ppoll(fds, count, timeout, mask) : 0;

    return finish_poll(&answer, result, fds, count);
}

/* --- select --- */

/* How far sets are looked at. Who says more than a set holds, and has no such descriptor, means all that
 * there may be (getdtablesize()): the kernel looks no further than its own table, and behind the set is
 * something else. */
static int reach(int count)
{
    if (count <= FD_SETSIZE || !role_may_be_told() || kernel_fcntl(count - 1, F_GETFD, 0) >= 0)
        return count;
    return FD_SETSIZE;
}

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

/* As concerns_poll(). */
static int concerns_select(const struct sets *sets)
{
    if (!role_may_be_told())
        return -1;
    for (unsigned i = 0; i < 3; i++)
        if (sets->set[i] != NULL && user_memory_is_nowhere(sets->set[i]))
            return -1;
    for (int fd = 0; fd < sets->count; fd++)
        for (unsigned i = 0; i < 3; i++) {
            const uint8_t *bits = (const uint8_t *)sets->set[i];
            if (bits != NULL && (bits[fd / 8] & 1u << fd % 8) != 0 && answer_concerns(fd))
                return fd;
        }
    return -1;
}

/* Where nothing was ready all is cleared, which need not be recorded: it is the answer that is often
 * repeated.
 */
static int finish_select(struct answer *answer, int result, const struct sets *sets)
{
    const size_t size = set_bytes(sets);

    result = (int)answer_comes(answer, result);
    for (unsigned i = 0; i < 3 && result >= 0; i++) {
        if (answer->is_told && sets->set[i] != NULL)
            memset(sets->set[i], 0, size);
        answer_part(answer, sets->set[i], result > 0 ? size : 0);
    }
    if (!answer->is_concerned || sets->timeout == NULL)
        return (int)answer_ends(answer);
    if (result != 0 && (result > 0 || sets->timeout->tv_sec >= 0))
        answer_part(answer, sets->timeout, sizeof *sets->timeout);
    else if (result == 0 && answer->is_told)
        *sets->timeout = (struct timeval){0, 0};
    return (int)answer_ends(answer);
}

static int on_select(int count, fd_set *readable, fd_set *writable, fd_set *special, struct timeval *timeout)
{
    const struct sets sets = {reach(count), {readable, writable, special}, timeout};
    struct answer answer;
    int result = begins(&answer, concerns_select(&sets), "select")
                     ? libc_select(count, readable, writable, special, timeout)
                     : 0;

    return finish_select(&answer, result, &sets);
}

static int on_pselect(int count, fd_set *readable, fd_set *writable, fd_set *special,
                      const struct timespec *timeout, const sigset_t *mask)
{
    const struct sets sets = {reach(count), {readable, writable, special}, NULL};
    struct answer answer;
    int result = begins(&answer, concerns_select(&sets), "pselect")
                     ? libc_pselect(count, readable, writable, special, timeout, mask)
                     : 0;

    return finish_select(&answer, result, &sets);
}

/* --- epoll: all that it says is input, whatever it watches --- */

static int finish_epoll(struct answer *answer, int result, struct epoll_event *events, int room)
{
    result = (int)answer_comes(answer, result);
    if (answer->is_told && result > room)
        result = room;
    answer_part(answer, events, result > 0 ? (size_t)result * sizeof *events : 0);
    answer_ends(answer);
    return result;
}

static int on_epoll_wait(int fd, struct epoll_event *events, int room, int timeout_ms)
{
    struct answer answer;
    int result =
        answer_begins_at(&answer, ANSWER_POLL, fd, "epoll_wait")
            ? CALL_NOTED(SYS_epoll_wait, timeout_ms > 0, libc_epoll_wait(fd, events, room, timeout_ms))
            : 0;

    return finish_epoll(&answer, result, events, room);
}

static int on_epoll_pwait(int fd, struct epoll_event *events, int room, int timeout_ms, const sigset_t *mask)
{
    struct answer answer;
    int result = answer_begins_at(&answer, ANSWER_POLL, fd, "epoll_pwait")
                     ? CALL_NOTED(SYS_epoll_pwait, timeout_ms > 0,
                                  libc_epoll_pwait(fd, events, room, timeout_ms, mask))
                     : 0;

    return finish_epoll(&answer, result, events, room);
}

static int on_epoll_pwait2(int fd, struct epoll_event *events, int room, const struct timespec *timeout,
                           const sigset_t *mask)
{
    struct answer answer;
    int result = answer_begins_at(&answer, ANSWER_POLL, fd, "epoll_pwait2")
                     ? CALL_NOTED(SYS_epoll_pwait2, timeout != NULL,
                                  libc_epoll_pwait2(fd, events, room, timeout, mask))
                     : 0;

    return finish_epoll(&answer, result, events, room);
}

static int on_epoll_ctl(int fd, int operation, int of, struct epoll_event *event)
{
    struct answer answer;
    int result = answer_begins_at(&answer, ANSWER_OF_DESCRIPTOR, fd, "epoll_ctl")
                     ? libc_epoll_ctl(fd, operation, of, event)
                     : 0;

    return (int)answer_result(&answer, result);
}

/* --- timers that are polled --- */

static int on_timerfd_settime(int fd, int flags, const struct itimerspec *value, struct itimerspec *before)
{
    struct answer answer;
    int result = answer_begins_at(&answer, ANSWER_OF_DESCRIPTOR, fd, "timerfd_settime")
                     ? libc_timerfd_settime(fd, flags, value, before)
                     : 0;

    return (int)answer_value(&answer, result, before, sizeof *before);
}

static int on_timerfd_gettime(int fd, struct itimerspec *value)
{
    struct answer answer;
    int result = answer_begins_at(&answer, ANSWER_OF_DESCRIPTOR, fd, "timerfd_gettime")
                     ? libc_timerfd_gettime(fd, value)
                     : 0;

    return (int)answer_value(&answer, result, value, sizeof *value);
}

static const struct libc_hook rows[] = {
    LIBC_HOOK("poll", on_poll, libc_poll),
    LIBC_HOOK("ppoll", on_ppoll, libc_ppoll),
    LIBC_HOOK("select", on_select, libc_select),
    LIBC_HOOK("pselect", on_pselect, libc_pselect),
    LIBC_HOOK("epoll_wait", on_epoll_wait, libc_epoll_wait),
    LIBC_HOOK("epoll_pwait", on_epoll_pwait, libc_epoll_pwait),
    LIBC_HOOK("epoll_pwait2", on_epoll_pwait2, libc_epoll_pwait2),
    LIBC_HOOK("epoll_ctl", on_epoll_ctl, libc_epoll_ctl),
    LIBC_HOOK("timerfd_settime", on_timerfd_settime, libc_timerfd_settime),
    LIBC_HOOK("timerfd_gettime", on_timerfd_gettime, libc_timerfd_gettime),
};
const struct libc_hooks poll_hooks = LIBC_HOOKS(rows);
