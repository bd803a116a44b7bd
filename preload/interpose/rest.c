/* SPDX-License-Identifier: MIT */
/* The rest of interrupted calls: see rest.h. */
#include "interpose/rest.h"

#include <errno.h>

#include "base/own_thread.h"

/* What comes after so many bytes, up to the end of one element; of no bytes at the end of the list. */
static struct iovec part_after(const struct rest *rest, size_t moved)
{
    for (size_t i = 0; i < rest->count; i++) {
        if (moved < rest->parts[i].iov_len)
            return (struct iovec){(char *)rest->parts[i].iov_base + moved, rest->parts[i].iov_len - moved};
        moved -= rest->parts[i].iov_len;
    }
    return (struct iovec){NULL, 0};
}

ssize_t rest_move(struct rest *rest, ssize_t moved)
{
    int error = errno;
    unsigned now;

    while (moved > 0 && (now = own_thread()->interruptions) != rest->before) {
        const struct iovec part = part_after(rest, (size_t)moved);
        ssize_t more = part.iov_len == 0 ? 0 : rest->move(rest->fd, part.iov_base, part.iov_len, rest->flags);
        if (more <= 0)
            break;
        moved += more;
        if ((size_t)more < part.iov_len)
            rest->before = now;
    }
    errno = error;
    return moved;
}
