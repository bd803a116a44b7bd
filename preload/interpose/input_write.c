/* SPDX-License-Identifier: MIT */
/* What comes of writing to descriptors that cannot be rewound: see input_write.h. A blocking write that a
 * snapshot interrupts comes back with what it has written by then; it is gone on with, so that nobody sees
 * a short write that there would not have been. */
#include "interpose/input_write.h"

#include <errno.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "record/input_call.h"
#include "snapshot/threads/call_note.h"
#include "snapshot/threads/threads_handler.h"

/* What stdout and stderr are given is the replay's own output. */
static bool is_concerned(int fd)
{
    return fd != STDOUT_FILENO && fd != STDERR_FILENO && input_concerns(fd);
}

static struct input_call call_of(int fd, const char *name)
{
    return (struct input_call){
        .kind = INPUT_CALL, .group = INPUT_GROUP_SEND, .fd = (uint64_t)fd, .name = name};
}

static ssize_t write_whole(int fd, const void *bytes, size_t size, ssize_t (*libc)(int, const void *, size_t))
{
    unsigned before = threads_handler_interruptions(), now;
    ssize_t result = CALL_NOTED_SOCKET(SYS_write, libc(fd, bytes, size)), more;
    int error = errno;

    while (result > 0 && (size_t)result < size && (now = threads_handler_interruptions()) != before) {
        before = now;
        more = libc(fd, (const char *)bytes + result, size - (size_t)result);
        if (more <= 0)
            break;
        result += more;
    }
    errno = error;
    return result;
}

struct iovec input_write_part_after(const struct iovec *parts, size_t count, size_t written)
{
    for (size_t i = 0; i < count; i++) {
        if (written < parts[i].iov_len)
            return (struct iovec){(char *)parts[i].iov_base + written, parts[i].iov_len - written};
        written -= parts[i].iov_len;
    }
    return (struct iovec){NULL, 0};
}

static ssize_t writev_whole(int fd, const struct iovec *parts, int count,
                            ssize_t (*libc)(int, const struct iovec *, int))
{
    unsigned before = threads_handler_interruptions();
    ssize_t result = CALL_NOTED_SOCKET(SYS_writev, libc(fd, parts, count)), more;
    bool goes_on = result > 0 && threads_handler_interruptions() != before;
    int error = errno;

    while (goes_on) {
        const struct iovec part = input_write_part_after(parts, (size_t)count, (size_t)result);
        before = threads_handler_interruptions();
        if (part.iov_len == 0 || (more = libc(fd, &part, 1)) <= 0)
            break;
        result += more;
        goes_on = (size_t)more == part.iov_len || threads_handler_interruptions() != before;
    }
    errno = error;
    return result;
}

ssize_t input_write(int fd, const void *bytes, size_t size, ssize_t (*libc)(int, const void *, size_t))
{
    int64_t result = 0;

    if (!is_concerned(fd))
        return write_whole(fd, bytes, size, libc);
    struct input_call call = call_of(fd, "write");
    if (input_call_is_made(&call))
        result = write_whole(fd, bytes, size, libc);
    if (!input_call_is_fed(&call, &result))
        input_call_record_result(&call, result);
    return result;
}

ssize_t input_writev(int fd, const struct iovec *parts, int count,
                     ssize_t (*libc)(int, const struct iovec *, int))
{
    int64_t result = 0;

    if (!is_concerned(fd))
        return writev_whole(fd, parts, count, libc);
    struct input_call call = call_of(fd, "writev");
    if (input_call_is_made(&call))
        result = writev_whole(fd, parts, count, libc);
    if (!input_call_is_fed(&call, &result))
        input_call_record_result(&call, result);
    return result;
}
