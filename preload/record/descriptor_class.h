/* SPDX-License-Identifier: MIT */
/* What kind of file each descriptor is, as far as a replay is concerned: can it be rewound, or must what it
 * gave be recorded? Found out once per descriptor, by fstat, and forgotten where the number gets another
 * file. A copy keeps what its original knew: what it has under the number itself is something else. */
#ifndef LIGHTSSS_PRELOAD_RECORD_DESCRIPTOR_CLASS_H
#define LIGHTSSS_PRELOAD_RECORD_DESCRIPTOR_CLASS_H

#include <stdbool.h>
#include <stdint.h>

#include "record/watch.h"

#define DESCRIPTOR_CLASSES 4096 /* of higher numbers nothing is remembered */

enum descriptor_class {
    DESCRIPTOR_UNKNOWN,
    DESCRIPTOR_FILE,   /* can be rewound: regular file, directory, block device, /dev/null, /dev/zero */
    DESCRIPTOR_PIPE,   /* or FIFO */
    DESCRIPTOR_SOCKET, /* of any family */
    DESCRIPTOR_DEVICE, /* terminal, /dev/urandom and other character devices */
    DESCRIPTOR_KERNEL, /* eventfd, timerfd, signalfd, inotify, epoll, pidfd, ... */
    DESCRIPTOR_PROC,   /* opened as /proc/... or /sys/...: the kernel writes it as it is read */
};

extern uint8_t descriptor_class_list[DESCRIPTOR_CLASSES];
extern uint32_t descriptor_class_names[DESCRIPTOR_CLASSES]; /* of DESCRIPTOR_PROC: a hash of the name */

/* Looks and remembers. What is not open counts as DESCRIPTOR_FILE: it gives no input. */
enum descriptor_class descriptor_class_learn(int fd);

static inline enum descriptor_class descriptor_class(int fd)
{
    enum descriptor_class known = DESCRIPTOR_UNKNOWN;

    if ((unsigned)fd < DESCRIPTOR_CLASSES)
        known = (enum descriptor_class)descriptor_class_list[fd];
    return known != DESCRIPTOR_UNKNOWN ? known : descriptor_class_learn(fd);
}

/* The number has another file now. */
static inline void descriptor_class_set(int fd, enum descriptor_class class)
{
    if ((unsigned)fd < DESCRIPTOR_CLASSES)
        descriptor_class_list[fd] = (uint8_t) class;
    watch_forget(fd);
}

static inline bool descriptor_class_is_unknown(int fd)
{
    return (unsigned)fd < DESCRIPTOR_CLASSES && descriptor_class_list[fd] == DESCRIPTOR_UNKNOWN;
}

static inline void descriptor_class_copy(int from, int to)
{
    bool known = (unsigned)from < DESCRIPTOR_CLASSES;

    descriptor_class_set(to, known ? (enum descriptor_class)descriptor_class_list[from] : DESCRIPTOR_UNKNOWN);
    if (known && (unsigned)to < DESCRIPTOR_CLASSES)
        descriptor_class_names[to] = descriptor_class_names[from];
    watch_copy(from, to);
}

/* In a new copy, while its descriptors are still those of the original: learns all. Raw system calls only. */
void descriptor_class_learn_all(void);

/* In a replay: puts something harmless under that number, of this class from now on. */
void descriptor_class_stand_in(int fd, enum descriptor_class class, bool close_on_exec);

#endif
