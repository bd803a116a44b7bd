/* SPDX-License-Identifier: MIT */
/* What sockets answer beside the bytes that are read from them: accept, connect, send and their kin. In a
 * replay nothing is sent, connected or bound: the answers come from the tape, and what would have made a
 * descriptor makes one that leads nowhere. */
#define _GNU_SOURCE
#include <errno.h>
#include <pthread.h>
#include <stddef.h>
#include <sys/sendfile.h>
#include <sys/socket.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "base/own_thread.h"
#include "base/user_memory.h"
#include "interpose/libc_hook.h"
#include "interpose/rest.h"
#include "record/answer.h"
#include "snapshot/threads/call_note.h"

static int (*libc_accept_unnoted)(int fd, struct sockaddr *address, socklen_t *length);
static int (*libc_accept4_unnoted)(int fd, struct sockaddr *address, socklen_t *length, int flags);
static int (*libc_connect_unnoted)(int fd, const struct sockaddr *address, socklen_t length);
static int (*libc_bind)(int fd, const struct sockaddr *address, socklen_t length);
static int (*libc_listen)(int fd, int backlog);
static int (*libc_shutdown)(int fd, int how);
static int (*libc_getsockname)(int fd, struct sockaddr *address, socklen_t *length);
static int (*libc_getpeername)(int fd, struct sockaddr *address, socklen_t *length);
static int (*libc_getsockopt)(int fd, int level, int name, void *value, socklen_t *length);
static int (*libc_setsockopt_unnoted)(int fd, int level, int name, const void *value, socklen_t length);
static ssize_t (*libc_send_once)(int fd, const void *bytes, size_t size, int flags);
static ssize_t (*libc_sendto_once)(int fd, const void *bytes, size_t size, int flags,
                                   const struct sockaddr *address, socklen_t length);
static ssize_t (*libc_sendmsg_once)(int fd, const struct msghdr *message, int flags);
static ssize_t (*libc_sendfile_once)(int fd, int from, off_t *offset, size_t size);
static int (*libc_recvmmsg)(int fd, struct mmsghdr *messages, unsigned count, int flags,
                            struct timespec *timeout);
static int (*libc_sendmmsg)(int fd, struct mmsghdr *messages, unsigned count, int flags);
static int (*libc_socket)(int family, int type, int protocol);

/* --- with a timeout of the socket's, that a snapshot must not begin anew --- */

static int libc_accept(int fd, struct sockaddr *address, socklen_t *length)
{
    return CALL_NOTED_SOCKET(SYS_accept, libc_accept_unnoted(fd, address, length));
}

static int libc_accept4(int fd, struct sockaddr *address, socklen_t *length, int flags)
{
    return CALL_NOTED_SOCKET(SYS_accept4, libc_accept4_unnoted(fd, address, length, flags));
}

/* One that is begun again says something else when its time is over. */
static int libc_connect(int fd, const struct sockaddr *address, socklen_t length)
{
    unsigned before = own_thread()->interruptions;
    int r = CALL_NOTED_SOCKET(SYS_connect, libc_connect_unnoted(fd, address, length));

    if (r < 0 && errno == EALREADY && own_thread()->interruptions != before)
        errno = EINPROGRESS;
    return r;
}

/* What these say is not recorded. */
static int on_recvmmsg(int fd, struct mmsghdr *messages, unsigned count, int flags, struct timespec *timeout)
{
    return CALL_NOTED_SOCKET(SYS_recvmmsg, libc_recvmmsg(fd, messages, count, flags, timeout));
}

static int on_sendmmsg(int fd, struct mmsghdr *messages, unsigned count, int flags)
{
    return CALL_NOTED_SOCKET(SYS_sendmmsg, libc_sendmmsg(fd, messages, count, flags));
}

static int libc_setsockopt(int fd, int level, int name, const void *value, socklen_t length)
{
    if (level == SOL_SOCKET && (name == SO_RCVTIMEO || name == SO_SNDTIMEO))
        atomic_store_explicit(&call_note_sockets, true, memory_order_relaxed);
    return libc_setsockopt_unnoted(fd, level, name, value, length);
}

/* --- where the result is all there is --- */

#define RESULT_ONLY(type, group, name, parameters, ...)                                                      \
    static type on_##name parameters                                                                         \
    {                                                                                                        \
        struct answer answer;                                                                                \
        type result = answer_begins_at(&answer, group, fd, #name) ? libc_##name(__VA_ARGS__) : 0;            \
                                                                                                             \
        return (type)answer_result(&answer, result);                                                         \
    }

RESULT_ONLY(int, ANSWER_OF_DESCRIPTOR, connect, (int fd, const struct sockaddr *address, socklen_t length),
            fd, address, length)
RESULT_ONLY(int, ANSWER_OF_DESCRIPTOR, bind, (int fd, const struct sockaddr *address, socklen_t length), fd,
            address, length)
RESULT_ONLY(int, ANSWER_OF_DESCRIPTOR, listen, (int fd, int backlog), fd, backlog)
RESULT_ONLY(int, ANSWER_OF_DESCRIPTOR, shutdown, (int fd, int how), fd, how)
RESULT_ONLY(int, ANSWER_OF_DESCRIPTOR, setsockopt,
            (int fd, int level, int name, const void *value, socklen_t length), fd, level, name, value,
            length)

/* --- where a snapshot has interrupted it when it had sent a part: see rest.h --- */

/* Only streams are cut. */
static ssize_t move(int fd, void *bytes, size_t size, int flags)
{
    return libc_send_once(fd, bytes, size, flags);
}

static ssize_t libc_send(int fd, const void *bytes, size_t size, int flags)
{
    const struct iovec whole = {(void *)(uintptr_t)bytes, size};
    struct rest rest = {&whole, 1, own_thread()->interruptions, fd, flags, move};

    return rest_move(&rest, CALL_NOTED_SOCKET(SYS_sendto, libc_send_once(fd, bytes, size, flags)));
}

static ssize_t libc_sendto(int fd, const void *bytes, size_t size, int flags, const struct sockaddr *address,
                           socklen_t length)
{
    const struct iovec whole = {(void *)(uintptr_t)bytes, size};
    struct rest rest = {&whole, 1, own_thread()->interruptions, fd, flags, move};

    return rest_move(
        &rest, CALL_NOTED_SOCKET(SYS_sendto, libc_sendto_once(fd, bytes, size, flags, address, length)));
}

static ssize_t libc_sendmsg(int fd, const struct msghdr *message, int flags)
{
    unsigned before = own_thread()->interruptions;
    ssize_t sent = CALL_NOTED_SOCKET(SYS_sendmsg, libc_sendmsg_once(fd, message, flags));

    if (sent <= 0)
        return sent;
    struct rest rest = {message->msg_iov, message->msg_iovlen, before, fd, flags, move};
    return rest_move(&rest, sent);
}

/* At the end of the file it sends nothing more. */
static ssize_t libc_sendfile(int fd, int from, off_t *offset, size_t size)
{
    unsigned before = own_thread()->interruptions, now;
    ssize_t sent = libc_sendfile_once(fd, from, offset, size), more;
    int error = errno;

    while (sent > 0 && (size_t)sent < size && (now = own_thread()->interruptions) != before) {
        before = now;
        more = libc_sendfile_once(fd, from, offset, size - (size_t)sent);
        if (more <= 0)
            break;
        sent += more;
    }
    errno = error;
    return sent;
}

RESULT_ONLY(ssize_t, ANSWER_SEND, send, (int fd, const void *bytes, size_t size, int flags), fd, bytes, size,
            flags)
RESULT_ONLY(ssize_t, ANSWER_SEND, sendto,
            (int fd, const void *bytes, size_t size, int flags, const struct sockaddr *address,
             socklen_t length),
            fd, bytes, size, flags, address, length)
RESULT_ONLY(ssize_t, ANSWER_SEND, sendmsg, (int fd, const struct msghdr *message, int flags), fd, message,
            flags)

/* The file that is sent from moves on in a replay as well. */
static ssize_t on_sendfile(int fd, int from, off_t *offset, size_t size)
{
    struct answer answer;

    if (fd == STDOUT_FILENO || fd == STDERR_FILENO)
        return libc_sendfile(fd, from, offset, size);
    ssize_t result =
        answer_begins_at(&answer, ANSWER_SEND, fd, "sendfile") ? libc_sendfile(fd, from, offset, size) : 0;
    result = answer_result(&answer, result);
    if (answer.is_told && result > 0) {
        if (offset != NULL)
            *offset += result;
        else
            lseek(from, result, SEEK_CUR);
    }
    return result;
}

/* --- with an answer of some bytes, whose length is in front of them --- */

static socklen_t room_of(const void *bytes, const socklen_t *length)
{
    socklen_t room;

    if (bytes == NULL || user_memory_is_nowhere(length) ||
        user_memory_read(&room, (long)length, sizeof room) < 0)
        return 0;
    return room;
}

/* `room` is what *length was before the call. */
static int sized(struct answer *answer, int64_t result, void *bytes, socklen_t *length, socklen_t room)
{
    if (answer_comes(answer, result) >= 0 && bytes != NULL && length != NULL) {
        answer_part(answer, length, sizeof *length);
        answer_part(answer, bytes, *length < room ? *length : room);
    }
    return (int)answer_ends(answer);
}

#define SIZED(name, parameters, bytes, length, ...)                                                          \
    static int on_##name parameters                                                                          \
    {                                                                                                        \
        const socklen_t room = answer_concerns(fd) ? room_of(bytes, length) : 0;                             \
        struct answer answer;                                                                                \
        int result =                                                                                         \
            answer_begins_at(&answer, ANSWER_OF_DESCRIPTOR, fd, #name) ? libc_##name(__VA_ARGS__) : 0;       \
                                                                                                             \
        return sized(&answer, result, bytes, length, room);                                                  \
    }

SIZED(getsockname, (int fd, struct sockaddr *address, socklen_t *length), address, length, fd, address,
      length)
SIZED(getpeername, (int fd, struct sockaddr *address, socklen_t *length), address, length, fd, address,
      length)
SIZED(getsockopt, (int fd, int level, int name, void *value, socklen_t *length), value, length, fd, level,
      name, value, length)

/* --- new descriptors --- */

/* In a replay there is something harmless under its number. */
static int made(const struct answer *answer, int fd, int flags)
{
    if (fd >= 0 && answer->is_told)
        descriptor_class_stand_in(fd, DESCRIPTOR_SOCKET, (flags & SOCK_CLOEXEC) != 0);
    else if (fd >= 0)
        descriptor_class_set(fd, DESCRIPTOR_SOCKET);
    return fd;
}

#define ACCEPT(name, flags, parameters, ...)                                                                 \
    static int on_##name parameters                                                                          \
    {                                                                                                        \
        const socklen_t room = answer_concerns(fd) ? room_of(address, length) : 0;                           \
        struct answer answer;                                                                                \
        int result =                                                                                         \
            answer_begins_at(&answer, ANSWER_OF_DESCRIPTOR, fd, "accept") ? libc_##name(__VA_ARGS__) : 0;    \
                                                                                                             \
        return made(&answer, sized(&answer, result, address, length, room), flags);                          \
    }

ACCEPT(accept, 0, (int fd, struct sockaddr *address, socklen_t *length), fd, address, length)
ACCEPT(accept4, flags, (int fd, struct sockaddr *address, socklen_t *length, int flags), fd, address, length,
       flags)

static int on_socket(int family, int type, int protocol)
{
    struct answer answer = {.is_concerned = role_may_be_told()};
    int result = 0;

    if (!answer.is_concerned ||
        answer_begins(&answer, TAPE_CALL, answer_key_at(ANSWER_MAKE, (uint64_t)pthread_self()), "socket"))
        result = libc_socket(family, type, protocol);
    return made(&answer, (int)answer_result(&answer, result), type);
}

static const struct libc_hook rows[] = {
    LIBC_HOOK("accept", on_accept, libc_accept_unnoted),
    LIBC_HOOK("accept4", on_accept4, libc_accept4_unnoted),
    LIBC_HOOK("connect", on_connect, libc_connect_unnoted),
    LIBC_HOOK("bind", on_bind, libc_bind),
    LIBC_HOOK("listen", on_listen, libc_listen),
    LIBC_HOOK("shutdown", on_shutdown, libc_shutdown),
    LIBC_HOOK("getsockname", on_getsockname, libc_getsockname),
    LIBC_HOOK("getpeername", on_getpeername, libc_getpeername),
    LIBC_HOOK("getsockopt", on_getsockopt, libc_getsockopt),
    LIBC_HOOK("setsockopt", on_setsockopt, libc_setsockopt_unnoted),
    LIBC_HOOK("send", on_send, libc_send_once),
    LIBC_HOOK("sendto", on_sendto, libc_sendto_once),
    LIBC_HOOK("sendmsg", on_sendmsg, libc_sendmsg_once),
    LIBC_HOOK("sendfile64", on_sendfile, libc_sendfile_once),
    LIBC_HOOK("recvmmsg", on_recvmmsg, libc_recvmmsg),
    LIBC_HOOK("sendmmsg", on_sendmmsg, libc_sendmmsg),
    LIBC_HOOK("socket", on_socket, libc_socket),
};
const struct libc_hooks socket_hooks = LIBC_HOOKS(rows);
