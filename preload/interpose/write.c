/* SPDX-License-Identifier: MIT */
/* Writing: what a file held before is kept for a replay (record/undo.h), what is printed is compared
 * (record/output.h), and what comes of writing to pipes, sockets and devices other than stdout and stderr is
 * recorded and fed: in a replay nothing is written to them. stdio and C++ streams end here. */
#define _GNU_SOURCE
#include <linux/falloc.h>
#include <stdbool.h>
#include <stdint.h>
#include <sys/syscall.h>
#include <sys/uio.h>
#include <unistd.h>

#include "base/own_thread.h"
#include "interpose/libc_hook.h"
#include "interpose/rest.h"
#include "interpose/write.h"
#include "record/answer.h"
#include "record/output.h"
#include "record/undo.h"
#include "snapshot/threads/call_note.h"

static ssize_t (*libc_write_once)(int fd, const void *bytes, size_t size);
static ssize_t (*libc_writev_once)(int fd, const struct iovec *parts, int count);
static ssize_t (*libc_pwrite)(int fd, const void *bytes, size_t size, off_t offset);
static ssize_t (*libc_pwritev)(int fd, const struct iovec *parts, int count, off_t offset);
static ssize_t (*libc_pwritev2)(int fd, const struct iovec *parts, int count, off_t offset, int flags);
static int (*libc_ftruncate)(int fd, off_t size);
static int (*libc_truncate)(const char *path, off_t size);
static int (*libc_fallocate)(int fd, int mode, off_t offset, off_t size);

/* The list is looked at only where it must be: the kernel says EFAULT of one that cannot be read. */
static size_t size_of(int fd, const struct iovec *parts, int count)
{
    size_t size = 0;

    for (int i = 0; i < count && undo_is_watched(fd); i++)
        size += parts[i].iov_len;
    return size;
}

static ssize_t move(int fd, void *bytes, size_t size, int flags)
{
    (void)flags;
    return libc_write_once(fd, bytes, size);
}

static ssize_t libc_write(int fd, const void *bytes, size_t size)
{
    const struct iovec whole = {(void *)(uintptr_t)bytes, size};
    struct rest rest = {&whole, 1, own_thread()->interruptions, fd, 0, move};

    return rest_move(&rest, CALL_NOTED_SOCKET(SYS_write, libc_write_once(fd, bytes, size)));
}

static ssize_t libc_writev(int fd, const struct iovec *parts, int count)
{
    struct rest rest = {parts, (size_t)count, own_thread()->interruptions, fd, 0, move};

    return rest_move(&rest, CALL_NOTED_SOCKET(SYS_writev, libc_writev_once(fd, parts, count)));
}

/* What stdout and stderr are given is the replay's own output. */
static bool begins(struct answer *answer, int fd, const char *name)
{
    answer->is_concerned = false;
    return fd == STDOUT_FILENO || fd == STDERR_FILENO || answer_begins_at(answer, ANSWER_SEND, fd, name);
}

static ssize_t on_write(int fd, const void *bytes, size_t size)
{
    const struct iovec part = {(void *)(uintptr_t)bytes, size};
    struct answer answer;

    undo_before_write(fd, size, -1);
    bool prints = output_begins(fd);
    ssize_t written = begins(&answer, fd, "write") ? libc_write(fd, bytes, size) : 0;
    return output_written(fd, prints, &part, answer_result(&answer, written));
}

static ssize_t on_writev(int fd, const struct iovec *parts, int count)
{
    struct answer answer;

    undo_before_write(fd, size_of(fd, parts, count), -1);
    bool prints = output_begins(fd);
    ssize_t written = begins(&answer, fd, "writev") ? libc_writev(fd, parts, count) : 0;
    return output_written(fd, prints, parts, answer_result(&answer, written));
}

bool write_is_met(void)
{
    return libc_write_once != NULL && libc_writev_once != NULL;
}

static ssize_t on_pwrite(int fd, const void *bytes, size_t size, off_t offset)
{
    const struct iovec part = {(void *)(uintptr_t)bytes, size};

    undo_before_write(fd, size, offset < 0 ? INT64_MAX : offset);
    return output_elsewhere(fd, &part, libc_pwrite(fd, bytes, size, offset));
}

static ssize_t on_pwritev(int fd, const struct iovec *parts, int count, off_t offset)
{
    undo_before_write(fd, size_of(fd, parts, count), offset < 0 ? INT64_MAX : offset);
    return output_elsewhere(fd, parts, libc_pwritev(fd, parts, count, offset));
}

static ssize_t on_pwritev2(int fd, const struct iovec *parts, int count, off_t offset, int flags)
{
    undo_before_write(fd, size_of(fd, parts, count), offset);
    return output_elsewhere(fd, parts, libc_pwritev2(fd, parts, count, offset, flags));
}

static int on_ftruncate(int fd, off_t size)
{
    if (size >= 0)
        undo_before_cut(fd, (uint64_t)size);
    return libc_ftruncate(fd, size);
}

static int on_truncate(const char *path, off_t size)
{
    if (size >= 0)
        undo_before_cut_name(path, (uint64_t)size);
    return libc_truncate(path, size);
}

/* What moves (collapse, insert) changes everything up to the end. */
static int on_fallocate(int fd, int mode, off_t offset, off_t size)
{
    if ((mode & (FALLOC_FL_COLLAPSE_RANGE | FALLOC_FL_INSERT_RANGE)) != 0 && offset >= 0)
        undo_before_write(fd, SIZE_MAX / 2, offset);
    else if ((mode & (FALLOC_FL_PUNCH_HOLE | FALLOC_FL_ZERO_RANGE)) != 0 && offset >= 0 && size > 0)
        undo_before_write(fd, (size_t)size, offset);
    return libc_fallocate(fd, mode, offset, size);
}

static const struct libc_hook rows[] = {
    LIBC_HOOK("write", on_write, libc_write_once),
    LIBC_HOOK("writev", on_writev, libc_writev_once),
    LIBC_HOOK("pwrite64", on_pwrite, libc_pwrite),
    LIBC_HOOK("pwritev64", on_pwritev, libc_pwritev),
    LIBC_HOOK("pwritev64v2", on_pwritev2, libc_pwritev2),
    LIBC_HOOK("ftruncate64", on_ftruncate, libc_ftruncate),
    LIBC_HOOK("truncate64", on_truncate, libc_truncate),
    LIBC_HOOK("fallocate64", on_fallocate, libc_fallocate),
};
const struct libc_hooks write_hooks = LIBC_HOOKS(rows);
