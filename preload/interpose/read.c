/* SPDX-License-Identifier: MIT */
/* What the simulator reads from descriptors that cannot be rewound: pipes, terminals, sockets, ... stdio, C++
 * streams and the fortified functions end in these functions of libc. In a replay the bytes come from the
 * tape. */
#define _GNU_SOURCE
#include <stddef.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/syscall.h>
#include <sys/types.h>
#include <sys/uio.h>

#include "base/own_thread.h"
#include "base/raw_syscall.h"
#include "base/user_memory.h"
#include "interpose/libc_hook.h"
#include "interpose/rest.h"
#include "record/answer.h"
#include "snapshot/threads/call_note.h"

static ssize_t (*libc_read)(int fd, void *bytes, size_t size);
static ssize_t (*libc_pread)(int fd, void *bytes, size_t size, off_t offset);
static ssize_t (*libc_readv)(int fd, const struct iovec *parts, int count);
static ssize_t (*libc_recv_once)(int fd, void *bytes, size_t size, int flags);
static ssize_t (*libc_recvfrom_once)(int fd, void *bytes, size_t size, int flags, struct sockaddr *address,
                                     socklen_t *length);
static ssize_t (*libc_recvmsg_once)(int fd, struct msghdr *message, int flags);

/* Of results that count bytes, what the caller has room for. */
static ssize_t within(int64_t result, size_t room)
{
    return result > 0 && (uint64_t)result > room ? (ssize_t)room : result;
}

static ssize_t on_read(int fd, void *bytes, size_t size)
{
    struct answer answer;
    ssize_t result =
        answer_begins_read(&answer, fd, "read") ? CALL_NOTED_SOCKET(SYS_read, libc_read(fd, bytes, size)) : 0;

    return within(answer_bytes(&answer, result, bytes, size), size);
}

static ssize_t on_pread(int fd, void *bytes, size_t size, off_t offset)
{
    struct answer answer;
    ssize_t result = answer_begins_read(&answer, fd, "pread") ? libc_pread(fd, bytes, size, offset) : 0;

    return within(answer_bytes(&answer, result, bytes, size), size);
}

static ssize_t on_readv(int fd, const struct iovec *parts, int count)
{
    struct answer answer;
    ssize_t result = answer_begins_read(&answer, fd, "readv")
                         ? CALL_NOTED_SOCKET(SYS_readv, libc_readv(fd, parts, count))
                         : 0;

    result = answer_comes(&answer, result);
    if (result > 0)
        answer_list(&answer, parts, (size_t)count, (size_t)result);
    answer_ends(&answer);
    return result > 0 && answer.is_told ? (ssize_t)answer.given : result;
}

static bool is_stream(int fd)
{
    socklen_t size = sizeof(int);
    int type = 0;

    return raw_syscall5(SYS_getsockopt, fd, SOL_SOCKET, SO_TYPE, &type, &size) == 0 && type == SOCK_STREAM;
}

/* With MSG_WAITALL nothing but a signal, an error or the end makes it come back with less: what a snapshot
 * has interrupted goes on. Errno is kept. */
static ssize_t receive_rest(struct rest *rest, ssize_t received)
{
    if ((rest->flags & (MSG_WAITALL | MSG_PEEK | MSG_TRUNC | MSG_DONTWAIT)) != MSG_WAITALL ||
        own_thread()->interruptions == rest->before || !is_stream(rest->fd))
        return received;
    return rest_move(rest, received);
}

static ssize_t libc_recv(int fd, void *bytes, size_t size, int flags)
{
    const struct iovec whole = {bytes, size};
    struct rest rest = {&whole, 1, own_thread()->interruptions, fd, flags, libc_recv_once};

    return receive_rest(&rest, CALL_NOTED_SOCKET(SYS_recvfrom, libc_recv_once(fd, bytes, size, flags)));
}

static ssize_t libc_recvfrom(int fd, void *bytes, size_t size, int flags, struct sockaddr *address,
                             socklen_t *length)
{
    const struct iovec whole = {bytes, size};
    struct rest rest = {&whole, 1, own_thread()->interruptions, fd, flags, libc_recv_once};

    return receive_rest(
        &rest, CALL_NOTED_SOCKET(SYS_recvfrom, libc_recvfrom_once(fd, bytes, size, flags, address, length)));
}

static ssize_t libc_recvmsg(int fd, struct msghdr *message, int flags)
{
    unsigned before = own_thread()->interruptions;
    ssize_t received = CALL_NOTED_SOCKET(SYS_recvmsg, libc_recvmsg_once(fd, message, flags));

    if (received <= 0)
        return received;
    struct rest rest = {message->msg_iov, message->msg_iovlen, before, fd, flags, libc_recv_once};
    return receive_rest(&rest, received);
}

static ssize_t on_recv(int fd, void *bytes, size_t size, int flags)
{
    struct answer answer;
    ssize_t result = answer_begins_read(&answer, fd, "recv") ? libc_recv(fd, bytes, size, flags) : 0;

    return answer_bytes(&answer, result, bytes, size);
}

/* The address comes first, its length in front. */
static ssize_t on_recvfrom(int fd, void *bytes, size_t size, int flags, struct sockaddr *address,
                           socklen_t *length)
{
    const socklen_t room = address != NULL && !user_memory_is_nowhere(length) ? *length : 0;
    struct answer answer;
    ssize_t result = answer_begins_read(&answer, fd, "recvfrom")
                         ? libc_recvfrom(fd, bytes, size, flags, address, length)
                         : 0;

    result = answer_comes(&answer, result);
    if (result >= 0 && address != NULL) { /* else the kernel has said EFAULT of no length */
        answer_part(&answer, length, sizeof *length);
        answer_part(&answer, address, *length < room ? *length : room);
    }
    answer_part(&answer, bytes, result <= 0 ? 0 : (size_t)result < size ? (size_t)result : size);
    return answer_ends(&answer);
}

/* --- messages --- */

/* What comes before name, control data and bytes of a message. */
struct message {
    socklen_t name_told, name_size;
    uint32_t control_size;
    int32_t flags;
};

/* Descriptors that came with a message: what they are the original knows when it uses them, so it looks now.
 */
static void for_each_descriptor(struct msghdr *message, void (*visit)(int fd, bool fed), bool fed)
{
    for (struct cmsghdr *part = CMSG_FIRSTHDR(message); part != NULL; part = CMSG_NXTHDR(message, part)) {
        if (part->cmsg_level != SOL_SOCKET || part->cmsg_type != SCM_RIGHTS)
            continue;
        for (size_t at = 0; at + sizeof(int) <= part->cmsg_len - CMSG_LEN(0); at += sizeof(int)) {
            int fd;
            memcpy(&fd, CMSG_DATA(part) + at, sizeof fd);
            visit(fd, fed);
        }
    }
}

static void take_descriptor(int fd, bool fed)
{
    if (fed)
        descriptor_class_stand_in(fd, DESCRIPTOR_PIPE, true);
    else
        descriptor_class_learn(fd);
}

static socklen_t least(size_t one, size_t other)
{
    return (socklen_t)(one < other ? one : other);
}

static void message_parts(struct answer *answer, struct msghdr *message, const struct msghdr *room)
{
    struct message head = {
        .name_told = message->msg_namelen,
        .name_size = message->msg_name == NULL ? 0 : least(message->msg_namelen, room->msg_namelen),
        .control_size = (uint32_t)message->msg_controllen,
        .flags = message->msg_flags,
    };

    answer_part(answer, &head, sizeof head);
    message->msg_flags = head.flags;
    message->msg_namelen = message->msg_name != NULL ? head.name_told : room->msg_namelen;
    message->msg_controllen = least(head.control_size, room->msg_controllen);
    answer_part(answer, message->msg_name, least(head.name_size, room->msg_namelen));
    answer_part(answer, message->msg_control, message->msg_controllen);
    answer_list(answer, message->msg_iov, message->msg_iovlen, (size_t)answer->result);
    answer_ends(answer);
    for_each_descriptor(message, take_descriptor, answer->is_told);
}

static ssize_t on_recvmsg(int fd, struct msghdr *message, int flags)
{
    struct answer answer;

    if (!answer_concerns(fd) || user_memory_is_nowhere(message))
        return libc_recvmsg(fd, message, flags);
    const struct msghdr room = *message;
    ssize_t result =
        answer_begins_concerned_read(&answer, fd, "recvmsg") ? libc_recvmsg(fd, message, flags) : 0;
    if (answer_comes(&answer, result) < 0)
        return answer_ends(&answer);
    message_parts(&answer, message, &room);
    return answer.result;
}

static const struct libc_hook rows[] = {
    LIBC_HOOK("read", on_read, libc_read),
    LIBC_HOOK("pread64", on_pread, libc_pread),
    LIBC_HOOK("readv", on_readv, libc_readv),
    LIBC_HOOK("recv", on_recv, libc_recv_once),
    LIBC_HOOK("recvfrom", on_recvfrom, libc_recvfrom_once),
    LIBC_HOOK("recvmsg", on_recvmsg, libc_recvmsg_once),
};
const struct libc_hooks read_hooks = LIBC_HOOKS(rows);
