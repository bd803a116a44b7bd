/* SPDX-License-Identifier: MIT */
/* What sockets answer beside the bytes that are read from them: accept, connect, send and their kin. In a
 * replay nothing is sent, connected or bound: the answers come from the log, and what would have made a
 * descriptor makes one that leads nowhere. */
#define _GNU_SOURCE
#include <errno.h>
#include <pthread.h>
#include <stddef.h>
#include <sys/sendfile.h>
#include <sys/socket.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "interpose/libc_hook.h"
#include "interpose/rest.h"
#include "record/input_call.h"
#include "snapshot/threads/call_note.h"
#include "snapshot/threads/threads_handler.h"

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

static struct input_call call_of(int fd, enum input_group group, const char *name)
{
    return (struct input_call){.kind = INPUT_CALL, .group = group, .fd = (uint64_t)fd, .name = name};
}

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
    unsigned before = threads_handler_interruptions();
    int r = CALL_NOTED_SOCKET(SYS_connect, libc_connect_unnoted(fd, address, length));

    if (r < 0 && errno == EALREADY && threads_handler_interruptions() != before)
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
        struct input_call call = call_of(fd, group, #name);                                                  \
        int64_t result = 0;                                                                                  \
                                                                                                             \
        if (!input_concerns(fd))                                                                             \
            return libc_##name(__VA_ARGS__);                                                                 \
        if (input_call_is_made(&call))                                                                       \
            result = libc_##name(__VA_ARGS__);                                                               \
        if (!input_call_is_fed(&call, &result))                                                              \
            input_call_record_result(&call, result);                                                         \
        return (type)result;                                                                                 \
    }

RESULT_ONLY(int, INPUT_GROUP_NONE, connect, (int fd, const struct sockaddr *address, socklen_t length), fd,
            address, length)
RESULT_ONLY(int, INPUT_GROUP_NONE, bind, (int fd, const struct sockaddr *address, socklen_t length), fd,
            address, length)
RESULT_ONLY(int, INPUT_GROUP_NONE, listen, (int fd, int backlog), fd, backlog)
RESULT_ONLY(int, INPUT_GROUP_NONE, shutdown, (int fd, int how), fd, how)
RESULT_ONLY(int, INPUT_GROUP_NONE, setsockopt,
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
    struct rest rest = {&whole, 1, threads_handler_interruptions(), fd, flags, move};

    return rest_move(&rest, CALL_NOTED_SOCKET(SYS_sendto, libc_send_once(fd, bytes, size, flags)));
}

static ssize_t libc_sendto(int fd, const void *bytes, size_t size, int flags, const struct sockaddr *address,
                           socklen_t length)
{
    const struct iovec whole = {(void *)(uintptr_t)bytes, size};
    struct rest rest = {&whole, 1, threads_handler_interruptions(), fd, flags, move};

    return rest_move(
        &rest, CALL_NOTED_SOCKET(SYS_sendto, libc_sendto_once(fd, bytes, size, flags, address, length)));
}

static ssize_t libc_sendmsg(int fd, const struct msghdr *message, int flags)
{
    unsigned before = threads_handler_interruptions();
    ssize_t sent = CALL_NOTED_SOCKET(SYS_sendmsg, libc_sendmsg_once(fd, message, flags));

    if (sent <= 0)
        return sent;
    struct rest rest = {message->msg_iov, message->msg_iovlen, before, fd, flags, move};
    return rest_move(&rest, sent);
}

/* At the end of the file it sends nothing more. */
static ssize_t libc_sendfile(int fd, int from, off_t *offset, size_t size)
{
    unsigned before = threads_handler_interruptions(), now;
    ssize_t sent = libc_sendfile_once(fd, from, offset, size), more;
    int error = errno;

    while (sent > 0 && (size_t)sent < size && (now = threads_handler_interruptions()) != before) {
        before = now;
        more = libc_sendfile_once(fd, from, offset, size - (size_t)sent);
        if (more <= 0)
            break;
        sent += more;
    }
    errno = error;
    return sent;
}

RESULT_ONLY(ssize_t, INPUT_GROUP_SEND, send, (int fd, const void *bytes, size_t size, int flags), fd, bytes,
            size, flags)
RESULT_ONLY(ssize_t, INPUT_GROUP_SEND, sendto,
            (int fd, const void *bytes, size_t size, int flags, const struct sockaddr *address,
             socklen_t length),
            fd, bytes, size, flags, address, length)
RESULT_ONLY(ssize_t, INPUT_GROUP_SEND, sendmsg, (int fd, const struct msghdr *message, int flags), fd,
            message, flags)

/* The file that is sent from moves on in a replay as well. */
static ssize_t on_sendfile(int fd, int from, off_t *offset, size_t size)
{
    struct input_call call = call_of(fd, INPUT_GROUP_SEND, "sendfile");
    int64_t result = 0;

    if (fd == STDOUT_FILENO || fd == STDERR_FILENO || !input_concerns(fd))
        return libc_sendfile(fd, from, offset, size);
    if (input_call_is_made(&call))
        result = libc_sendfile(fd, from, offset, size);
    if (!input_call_is_fed(&call, &result)) {
        input_call_record_result(&call, result);
    } else if (result > 0) {
        if (offset != NULL)
            *offset += result;
        else
            lseek(from, result, SEEK_CUR);
    }
    return result;
}

/* --- with an answer of some bytes, whose length is in front of them --- */

/* `room` is what *length was before the call. */
static void record_sized(const struct input_call *call, int64_t result, const void *bytes,
                         const socklen_t *length, socklen_t room)
{
    if (result < 0 || bytes == NULL || length == NULL) {
        input_call_record_result(call, result);
        return;
    }
    const struct iovec parts[] = {{(void *)(uintptr_t)length, sizeof *length},
                                  {(void *)(uintptr_t)bytes, *length < room ? *length : room}};
    input_call_record(call, result, parts, 2, SIZE_MAX);
}

static void feed_sized(const struct input_call *call, void *bytes, socklen_t *length, socklen_t room)
{
    if (bytes == NULL || length == NULL || call->answer.size < sizeof *length)
        return;
    input_call_copy(call, 0, length, sizeof *length);
    input_call_copy(call, sizeof *length, bytes, room);
}

static socklen_t room_of(const void *bytes, const socklen_t *length)
{
    return bytes != NULL && input_call_can_read(length, sizeof *length) ? *length : 0;
}

static int finish_sized(struct input_call *call, int64_t result, void *bytes, socklen_t *length,
                        socklen_t room)
{
    if (input_call_is_fed(call, &result))
        feed_sized(call, bytes, length, room);
    else
        record_sized(call, result, bytes, length, room);
    return (int)result;
}

static int on_getsockname(int fd, struct sockaddr *address, socklen_t *length)
{
    struct input_call call = call_of(fd, INPUT_GROUP_NONE, "getsockname");
    int64_t result = 0;

    if (!input_concerns(fd))
        return libc_getsockname(fd, address, length);
    socklen_t room = room_of(address, length);
    if (input_call_is_made(&call))
        result = libc_getsockname(fd, address, length);
    return finish_sized(&call, result, address, length, room);
}

static int on_getpeername(int fd, struct sockaddr *address, socklen_t *length)
{
    struct input_call call = call_of(fd, INPUT_GROUP_NONE, "getpeername");
    int64_t result = 0;

    if (!input_concerns(fd))
        return libc_getpeername(fd, address, length);
    socklen_t room = room_of(address, length);
    if (input_call_is_made(&call))
        result = libc_getpeername(fd, address, length);
    return finish_sized(&call, result, address, length, room);
}

static int on_getsockopt(int fd, int level, int name, void *value, socklen_t *length)
{
    struct input_call call = call_of(fd, INPUT_GROUP_NONE, "getsockopt");
    int64_t result = 0;

    if (!input_concerns(fd))
        return libc_getsockopt(fd, level, name, value, length);
    socklen_t room = room_of(value, length);
    if (input_call_is_made(&call))
        result = libc_getsockopt(fd, level, name, value, length);
    return finish_sized(&call, result, value, length, room);
}

/* --- new descriptors --- */

static int accept_one(int fd, struct sockaddr *address, socklen_t *length, int flags, bool plain)
{
    struct input_call call = call_of(fd, INPUT_GROUP_NONE, "accept");
    int64_t result = 0;

    if (input_concerns(fd)) {
        socklen_t room = room_of(address, length);
        if (input_call_is_made(&call))
            result = plain ? libc_accept(fd, address, length) : libc_accept4(fd, address, length, flags);
        result = finish_sized(&call, result, address, length, room);
        if (input_mode() == INPUT_FED && result >= 0)
            descriptor_class_stand_in((int)result, DESCRIPTOR_SOCKET, (flags & SOCK_CLOEXEC) != 0);
    } else {
        result = plain ? libc_accept(fd, address, length) : libc_accept4(fd, address, length, flags);
    }
    if (result >= 0)
        descriptor_class_set((int)result, DESCRIPTOR_SOCKET);
    return (int)result;
}

static int on_accept(int fd, struct sockaddr *address, socklen_t *length)
{
    return accept_one(fd, address, length, 0, true);
}

static int on_accept4(int fd, struct sockaddr *address, socklen_t *length, int flags)
{
    return accept_one(fd, address, length, flags, false);
}

static int on_socket(int family, int type, int protocol)
{
    struct input_call call = call_of(0, INPUT_GROUP_MAKE, "socket");
    int64_t result = 0;

    if (input_mode() == INPUT_NOT_CONCERNED) {
        result = libc_socket(family, type, protocol);
    } else {
        call.fd = (uint64_t)pthread_self();
        if (input_call_is_made(&call))
            result = libc_socket(family, type, protocol);
        if (!input_call_is_fed(&call, &result))
            input_call_record_result(&call, result);
        else if (result >= 0)
            descriptor_class_stand_in((int)result, DESCRIPTOR_SOCKET, (type & SOCK_CLOEXEC) != 0);
    }
    if (result >= 0)
        descriptor_class_set((int)result, DESCRIPTOR_SOCKET);
    return (int)result;
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
