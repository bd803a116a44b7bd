/* SPDX-License-Identifier: MIT */
/* What the simulator prints: all that it writes to descriptors 1 and 2. The original keeps it for its replay,
 * whose verdict compares, byte by byte; and it is searched for lines, as is what is written to the files of
 * LIGHTSSS_WATCH. What is still in a buffer of stdio at the end counts as printed: whether it was flushed by
 * then depends on where the output goes. */
#ifndef LIGHTSSS_PRELOAD_RECORD_OUTPUT_H
#define LIGHTSSS_PRELOAD_RECORD_OUTPUT_H

#include <stdbool.h>
#include <sys/types.h>
#include <sys/uio.h>
#include <unistd.h>

#include "base/text.h"
#include "record/printed.h"
#include "record/watch.h"

/* In the original, before the first snapshot: from here on it is kept. Without memory nothing is
   compared. */
void output_start(void);

bool output_begins_to_print(int fd);
void output_take_down(int fd, bool prints, const struct iovec *parts, ssize_t written);
void output_note_watched(int fd, const struct iovec *parts, size_t written);

/* Behind any other way to write to a file; returns what was written. Errno is kept. */
static inline ssize_t output_elsewhere(int fd, const struct iovec *parts, ssize_t written)
{
    if (written > 0 && watch_may_be(fd))
        output_note_watched(fd, parts, (size_t)written);
    return written;
}

/* Around a write(): the first tells whether it prints, and is asked before; the second takes down what was
 * written, and returns it. Errno is kept. */
static inline bool output_begins(int fd)
{
    return (fd == STDOUT_FILENO || fd == STDERR_FILENO) && output_begins_to_print(fd);
}

static inline ssize_t output_written(int fd, bool prints, const struct iovec *parts, ssize_t written)
{
    if (prints || written < 0)
        output_take_down(fd, prints, parts, written);
    else
        output_elsewhere(fd, parts, written);
    return written;
}

/* In a woken copy of which copies will replay: what the original printed so far is kept for them, in memory
 * that it does not reach any more. Returns 0 or -errno. */
int output_keep(void);

/* In a woken copy, before it prints anything and before shared memory becomes private. */
void output_compare(void);

/* In a replay that is made to print what the original did not: then nothing is compared. */
void output_do_not_compare(void);

/* What kept a file of this replay from being written: an errno, 0: nothing. Only files on the disk of the run
 * directory count. */
int output_write_error(void);

/* That was all, in the original and in the replay; what libc flushes later does not count. May be called
 * again. Async-signal-safe. */
void output_end(void);

/* In a replay, behind output_end(): did it print what the original printed? If not, appends where and how;
 * stop as in printed_is_same(). */
bool output_is_same(enum printed_stop stop, struct text *how);

#endif
