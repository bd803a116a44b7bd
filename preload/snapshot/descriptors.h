/* SPDX-License-Identifier: MIT */
/* What the original has open when a snapshot is taken. The copy shares offsets, counters and contents with
 * the original, which moves on as soon as the clone is done: so they are taken down before. */
#ifndef LIGHTSSS_DESCRIPTORS_H
#define LIGHTSSS_DESCRIPTORS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/stat.h>

struct descriptor {
    int fd;
    int flags; /* as F_GETFL tells */
    bool closes_on_exec;
    int64_t offset;   /* -errno: it has none */
    unsigned leader;  /* the first in the list of those with the same open file description; this one's own
                         place until descriptors_find_shared() has looked */
    const char *info; /* /proc/self/fdinfo of what is no file (eventfd, timerfd, epoll, ...); "" of others */
    struct stat file;
};

/* In the original, once its threads stand still. Raw system calls only, and a bounded number of them. */
void descriptors_take(void);

/* In the copy, before it changes any descriptor: who shares an open file description (dup)? */
void descriptors_find_shared(void);

/* The list, as of the last descriptors_take() before the clone. */
size_t descriptors_count(void);
struct descriptor *descriptors_at(size_t place);

/* Of this number, or NULL. */
const struct descriptor *descriptors_find(int fd);

/* Were there so many that some are not in the list? */
bool descriptors_overflowed(void);

/* Takes down one of this process. Returns 0 or -errno. */
int descriptors_describe(int fd, struct descriptor *descriptor);

#endif
