/* SPDX-License-Identifier: MIT */
/* What the simulator reads from descriptors that cannot be rewound: pipes, terminals, sockets, ... stdio, C++
 * streams and the fortified functions end in these functions of libc. In a replay the bytes come from the
 * log. */
#define _GNU_SOURCE
#include <errno.h>
#include <stddef.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/syscall.h>
#include <sys/types.h>
#include <sys/uio.h>

#include "base/raw_syscall.h"
#include "interpose/libc_hook.h"
#include "interpose/rest.h"
#include "record/input_call.h"
#include "snapshot/threads/call_note.h"
#include "snapshot/threads/threads_handler.h"

#define MESSAGE_PARTS 67 /* of more the bytes are not recorded */

static ssize_t (*libc_read_unnoted)(int fd, void *bytes, size_t size);
static ssize_t (*libc_pread)(int fd, void *bytes, size_t size, off_t offset);
static ssize_t (*libc_readv_unnoted)(int fd, const struct iovec *parts, int count);
static ssize_t (*libc_recv_once)(int fd, void *bytes, size_t size, int flags);
static ssize_t (*libc_recvfrom_once)(int fd, void *bytes, size_t size, int flags, struct sockaddr *address,
                                     socklen_t *length);
static ssize_t (*libc_recvmsg_once)(int fd, struct msghdr *message, int flags);

static ssize_t libc_read(int fd, void *bytes, size_t size)
{
    return CALL_NOTED_SOCKET(SYS_read, libc_read_unnoted(fd, bytes, size));
}

static ssize_t libc_readv(int fd, const struct iovec *parts, int count)
{
    return CALL_NOTED_SOCKET(SYS_readv, libc_readv_unnoted(fd, parts, count));
}

/* With MSG_TRUNC the result may be more than there is room for. */
static size_t bytes_of(int64_t result, size_t size)
{
    return result <= 0 ? 0 : (uint64_t)result < size ? (size_t)result : size;
}

/* Of results that count bytes, what the caller has room for. */
static int64_t within(int64_t result, size_t size)
{
    return result > 0 && (uint64_t)result > size ? (int64_t)size : result;
}

static ssize_t on_read(int fd, void *bytes, size_t size)
{
    int64_t result = 0;

    if (!input_concerns(fd))
        return libc_read(fd, bytes, size);
    struct input_call call = input_call_read(fd, "read");
    if (input_call_is_made(&call))
        result = libc_read(fd, bytes, size);
    if (!input_call_is_fed(&call, &result)) {
        input_call_record_bytes(&call, result, bytes, bytes_of(result, size));
        return result;
    }
    input_call_copy(&call, 0, bytes, size);
    return within(result, size);
}

static ssize_t on_pread(int fd, void *bytes, size_t size, off_t offset)
{
    int64_t result = 0;

    if (!input_concerns(fd))
        return libc_pread(fd, bytes, size, offset);
    struct input_call call = input_call_read(fd, "pread");
    if (input_call_is_made(&call))
        result = libc_pread(fd, bytes, size, offset);
    if (!input_call_is_fed(&call, &result)) {
        input_call_record_bytes(&call, result, bytes, bytes_of(result, size));
        return result;
    }
    input_call_copy(&call, 0, bytes, size);
    return within(result, size);
}

/* Returns how many bytes of the payload found room. */
static size_t copy_parts(const struct input_call *call, size_t offset, const struct iovec *parts,
                         size_t count)
{
    size_t start = offset;

    for (size_t i = 0; i < count && offset < call->answer.size; i++)
        offset += input_call_copy(call, offset, parts[i].iov_base, parts[i].iov_len);
    return offset - start;
}

static ssize_t on_readv(int fd, const struct iovec *parts, int count)
{
    int64_t result = 0;

    if (!input_concerns(fd))
        return libc_readv(fd, parts, count);
    struct input_call call = input_call_read(fd, "readv");
    if (input_call_is_made(&call))
        result = libc_readv(fd, parts, count);
    if (!input_call_is_fed(&call, &result)) {
        input_call_record(&call, result, parts, result > 0 ? count : 0, bytes_of(result, SIZE_MAX));
        return result;
    }
    if (result > 0)
        result = (int64_t)copy_parts(&call, 0, parts, (size_t)count);
    return result;
}

static bool is_stream(int fd)
{
    socklen_t size = sizeof(int);
    int type = 0;

    return raw_syscall5(SYS_getsockopt, fd, SOL_SOCKET, SO_TYPE, (long)&type, (long)&size) == 0 &&
           type == SOCK_STREAM;
}

/* With MSG_WAITALL nothing but a signal, an error or the end makes it come back with less: what a snapshot
 * has interrupted goes on. Errno is kept. */
static ssize_t receive_rest(struct rest *rest, ssize_t received)
{
    if ((rest->flags & (MSG_WAITALL | MSG_PEEK | MSG_TRUNC | MSG_DONTWAIT)) != MSG_WAITALL ||
        threads_handler_interruptions() == rest->before || !is_stream(rest->fd))
        return received;
    return rest_move(rest, received);
}

static ssize_t libc_recv(int fd, void *bytes, size_t size, int flags)
{
    const struct iovec whole = {bytes, size};
    struct rest rest = {&whole, 1, threads_handler_interruptions(), fd, flags, libc_recv_once};

    return receive_rest(&rest, CALL_NOTED_SOCKET(SYS_recvfrom, libc_recv_once(fd, bytes, size, flags)));
}

static ssize_t libc_recvfrom(int fd, void *bytes, size_t size, int flags, struct sockaddr *address,
                             socklen_t *length)
{
    const struct iovec whole = {bytes, size};
    struct rest rest = {&whole, 1, threads_handler_interruptions(), fd, flags, libc_recv_once};

    return receive_rest(
        &rest, CALL_NOTED_SOCKET(SYS_recvfrom, libc_recvfrom_once(fd, bytes, size, flags, address, length)));
}

static ssize_t libc_recvmsg(int fd, struct msghdr *message, int flags)
{
    unsigned before = threads_handler_interruptions();
    ssize_t received = CALL_NOTED_SOCKET(SYS_recvmsg, libc_recvmsg_once(fd, message, flags));

    if (received <= 0)
        return received;
    struct rest rest = {message->msg_iov, message->msg_iovlen, before, fd, flags, libc_recv_once};
    return receive_rest(&rest, received);
}

static ssize_t on_recv(int fd, void *bytes, size_t size, int flags)
{
    int64_t result = 0;

    if (!input_concerns(fd))
        return libc_recv(fd, bytes, size, flags);
    struct input_call call = input_call_read(fd, "recv");
    if (input_call_is_made(&call))
        result = libc_recv(fd, bytes, size, flags);
    if (!input_call_is_fed(&call, &result)) {
        input_call_record_bytes(&call, result, bytes, bytes_of(result, size));
        return result;
    }
    input_call_copy(&call, 0, bytes, size);
    return result;
}

/* --- with an address, which comes first in the payload, its length in front --- */

static ssize_t on_recvfrom(int fd, void *bytes, size_t size, int flags, struct sockaddr *address,
                           socklen_t *length)
{
    socklen_t room = address != NULL && !input_call_leads_nowhere(length) ? *length : 0;
    int64_t result = 0;

    if (!input_concerns(fd))
        return libc_recvfrom(fd, bytes, size, flags, address, length);
    struct input_call call = input_call_read(fd, "recvfrom");
    if (input_call_is_made(&call))
        result = libc_recvfrom(fd, bytes, size, flags, address, length);
    bool fed = input_call_is_fed(&call, &result);
    if (result < 0) {
        if (!fed)
            input_call_record_result(&call, result);
        return result;
    }
    socklen_t told = address != NULL && length != NULL ? *length : 0;
    if (!fed) {
        socklen_t kept = told < room ? told : room;
        const struct iovec parts[] = {
            {&told, sizeof told}, {&kept, sizeof kept}, {address, kept}, {bytes, bytes_of(result, size)}};
        input_call_record(&call, result, parts, 4, SIZE_MAX);
        return result;
    }
    socklen_t kept = 0;
    input_call_copy(&call, 0, &told, sizeof told);
    input_call_copy(&call, sizeof told, &kept, sizeof kept);
    if (address != NULL && length != NULL) {
        input_call_copy(&call, sizeof told + sizeof kept, address, kept < room ? kept : room);
        *length = told;
    }
    input_call_copy(&call, sizeof told + sizeof kept + kept, bytes, size);
    return result;
}

/* --- messages --- */

/* What the payload of a message begins with; then name, control and the bytes. */
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

static void record_message(const struct input_call *call, int64_t result, const struct msghdr *got,
                           const struct msghdr *room)
{
    const struct message head = {
        .name_told = got->msg_namelen,
        .name_size = got->msg_name == NULL                  ? 0
                     : got->msg_namelen < room->msg_namelen ? got->msg_namelen
                                                            : room->msg_namelen,
        .control_size = (uint32_t)got->msg_controllen,
        .flags = got->msg_flags,
    };
    size_t size = bytes_of(result, SIZE_MAX);
    struct iovec parts[MESSAGE_PARTS] = {{(void *)(uintptr_t)&head, sizeof head},
                                         {got->msg_name, head.name_size},
                                         {got->msg_control, head.control_size}};
    int count = 3;

    for (size_t i = 0; i < got->msg_iovlen && count < MESSAGE_PARTS && size > 0; i++, count++) {
        parts[count] = got->msg_iov[i];
        if (parts[count].iov_len > size)
            parts[count].iov_len = size;
        size -= parts[count].iov_len;
    }
    input_call_record(call, result, parts, count, SIZE_MAX);
}

static void feed_message(const struct input_call *call, struct msghdr *message)
{
    struct message head = {0};
    size_t offset = input_call_copy(call, 0, &head, sizeof head);

    if (message->msg_name != NULL) {
        input_call_copy(call, offset, message->msg_name,
                        head.name_size < message->msg_namelen ? head.name_size : message->msg_namelen);
        message->msg_namelen = head.name_told;
    }
    if (head.control_size <= message->msg_controllen) {
        input_call_copy(call, offset + head.name_size, message->msg_control, head.control_size);
        message->msg_controllen = head.control_size;
    }
    message->msg_flags = head.flags;
    copy_parts(call, offset + head.name_size + head.control_size, message->msg_iov, message->msg_iovlen);
    for_each_descriptor(message, take_descriptor, true);
}

static ssize_t on_recvmsg(int fd, struct msghdr *message, int flags)
{
    struct msghdr room;
    int64_t result = 0;

    if (!input_concerns(fd) || input_call_leads_nowhere(message))
        return libc_recvmsg(fd, message, flags);
    struct input_call call = input_call_read(fd, "recvmsg");
    room = *message;
    if (input_call_is_made(&call))
        result = libc_recvmsg(fd, message, flags);
    bool fed = input_call_is_fed(&call, &result);
    if (fed && result >= 0) {
        message->msg_controllen = room.msg_controllen;
        message->msg_namelen = room.msg_namelen;
        feed_message(&call, message);
    } else if (!fed && result >= 0) {
        record_message(&call, result, message, &room);
        for_each_descriptor(message, take_descriptor, false);
    } else if (!fed) {
        input_call_record_result(&call, result);
    }
    return result;
}

static const struct libc_hook rows[] = {
    LIBC_HOOK("read", on_read, libc_read_unnoted),
    LIBC_HOOK("pread64", on_pread, libc_pread),
    LIBC_HOOK("readv", on_readv, libc_readv_unnoted),
    LIBC_HOOK("recv", on_recv, libc_recv_once),
    LIBC_HOOK("recvfrom", on_recvfrom, libc_recvfrom_once),
    LIBC_HOOK("recvmsg", on_recvmsg, libc_recvmsg_once),
};
const struct libc_hooks read_hooks = LIBC_HOOKS(rows);
