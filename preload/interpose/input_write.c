/* SPDX-License-Identifier: MIT */
/* What comes of writing to descriptors that cannot be rewound: see input_write.h. */
#include "input_write.h"

#include <unistd.h>

#include "../input/input_call.h"

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

ssize_t input_write(int fd, const void *bytes, size_t size, ssize_t (*libc)(int, const void *, size_t))
{
    struct input_call call = call_of(fd, "write");
    int64_t result = 0;

    if (!is_concerned(fd))
        return libc(fd, bytes, size);
    if (input_call_is_made(&call))
        result = libc(fd, bytes, size);
    if (!input_call_is_fed(&call, &result))
        input_call_record_result(&call, result);
    return result;
}

ssize_t input_writev(int fd, const struct iovec *parts, int count,
                     ssize_t (*libc)(int, const struct iovec *, int))
{
    struct input_call call = call_of(fd, "writev");
    int64_t result = 0;

    if (!is_concerned(fd))
        return libc(fd, parts, count);
    if (input_call_is_made(&call))
        result = libc(fd, parts, count);
    if (!input_call_is_fed(&call, &result))
        input_call_record_result(&call, result);
    return result;
}
