/* SPDX-License-Identifier: MIT */
/* What the original has open when a snapshot is taken. The copy shares offsets, counters and contents with
 * the original, which moves on as soon as the clone is done: so they are taken down before. */
#ifndef LIGHTSSS_PRELOAD_SNAPSHOT_DESCRIPTORS_H
#define LIGHTSSS_PRELOAD_SNAPSHOT_DESCRIPTORS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/ioctl.h>
#include <sys/stat.h>
#include <sys/types.h>

#define DESCRIPTORS_MAX 1024u

/* As the kernel has it for TCGETS. */
struct descriptor_termios {
    uint32_t input, output, control, local;
    uint8_t line, characters[19];
};

/* What a terminal tells of itself. */
struct descriptor_terminal {
    dev_t device;
    struct descriptor_termios termios;
    struct winsize size;
    pid_t foreground, session; /* -1: not told */
};

#define DESCRIPTOR_FLAGS_UNKNOWN (-1)

struct descriptor {
    int fd;
    int flags; /* as F_GETFL tells, or DESCRIPTOR_FLAGS_UNKNOWN */
    bool closes_on_exec;
    int64_t offset;   /* -errno: it has none */
    unsigned leader;  /* the first in the list of those with the same open file description; this one's own
                         place until descriptors_complete() has looked */
    const char *info; /* /proc/self/fdinfo of what is no file (eventfd, timerfd, epoll, ...); "" of others */
    struct stat file;
};

/* In the original, once its threads stand still. Raw system calls only, and a bounded number of them. Returns
 * 0 or -errno: then the list is not whole, and a copy would not know what it shares with the original. */
int descriptors_take(void);

/* In the copy, before it changes any descriptor: flags, and who shares an open file description (dup). */
void descriptors_complete(void);

/* The list, as of the last descriptors_take() before the clone. */
size_t descriptors_count(void);
struct descriptor *descriptors_at(size_t place);

/* Of this number, or NULL. */
const struct descriptor *descriptors_find(int fd);

/* One of this file, or NULL. */
const struct descriptor *descriptors_find_file(dev_t device, ino_t inode);

/* The terminal behind it; NULL: it is none. */
struct descriptor_terminal *descriptors_terminal(const struct descriptor *descriptor);

/* Were there so many that some are not in the list? */
bool descriptors_overflowed(void);

/* Before main(): what are stdout and stderr? */
void descriptors_note_output(void);

/* Is this stdout or stderr, by its number and by what is there? The simulator may have closed them and got
 * the number again for a file that it reads back. */
bool descriptors_is_output(const struct descriptor *descriptor);

/* May a copy keep it open for our lines, and the simulator not notice? A pipe or a terminal of its own it may
 * read up to the end, which comes when nobody else can write there. */
bool descriptors_may_be_kept(const struct descriptor *descriptor);

/* Takes down one of this process. Returns 0 or -errno. */
int descriptors_describe(int fd, struct descriptor *descriptor);

#endif
