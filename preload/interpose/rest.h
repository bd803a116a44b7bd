/* SPDX-License-Identifier: MIT */
/* A call that moves bytes and waits comes back with what it has moved by then, where a snapshot interrupts
 * it. It is gone on with, so that nobody sees a short write or read that there would not have been. */
#ifndef LIGHTSSS_PRELOAD_INTERPOSE_REST_H
#define LIGHTSSS_PRELOAD_INTERPOSE_REST_H

#include <stddef.h>
#include <sys/types.h>
#include <sys/uio.h>

struct rest {
    const struct iovec *parts;
    size_t count;
    unsigned before; /* own_thread()->interruptions when the call began */
    int fd, flags;   /* for: */
    ssize_t (*move)(int fd, void *bytes, size_t size, int flags);
};

/* After the call. Returns how much it has moved in the end. Errno is kept. */
ssize_t rest_move(struct rest *rest, ssize_t moved);

#endif
