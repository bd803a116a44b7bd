/* SPDX-License-Identifier: MIT */
/* Changes of files: what they held before is kept for a replay (record/undo.h). */
#define _GNU_SOURCE
#include <errno.h>
#include <fcntl.h>
#include <linux/falloc.h>
#include <stdint.h>
#include <sys/uio.h>
#include <unistd.h>

#include "interpose/libc.h"
#include "record/undo.h"

static int (*libc_open)(const char *path, int flags, mode_t mode);
static int (*libc_openat)(int directory, const char *path, int flags, mode_t mode);
static ssize_t (*libc_write)(int fd, const void *bytes, size_t size);
static ssize_t (*libc_writev)(int fd, const struct iovec *parts, int count);
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

static int on_open(const char *path, int flags, mode_t mode)
{
    int fd = libc_open(path, flags, mode);

    if (fd >= 0)
        undo_opened(fd, flags);
    return fd;
}

static int on_openat(int directory, const char *path, int flags, mode_t mode)
{
    int fd = libc_openat(directory, path, flags, mode);

    if (fd >= 0)
        undo_opened(fd, flags);
    return fd;
}

static ssize_t on_write(int fd, const void *bytes, size_t size)
{
    undo_before_write(fd, size, -1);
    return libc_write(fd, bytes, size);
}

static ssize_t on_writev(int fd, const struct iovec *parts, int count)
{
    undo_before_write(fd, size_of(fd, parts, count), -1);
    return libc_writev(fd, parts, count);
}

static ssize_t on_pwrite(int fd, const void *bytes, size_t size, off_t offset)
{
    undo_before_write(fd, size, offset < 0 ? INT64_MAX : offset);
    return libc_pwrite(fd, bytes, size, offset);
}

static ssize_t on_pwritev(int fd, const struct iovec *parts, int count, off_t offset)
{
    undo_before_write(fd, size_of(fd, parts, count), offset < 0 ? INT64_MAX : offset);
    return libc_pwritev(fd, parts, count, offset);
}

static ssize_t on_pwritev2(int fd, const struct iovec *parts, int count, off_t offset, int flags)
{
    undo_before_write(fd, size_of(fd, parts, count), offset);
    return libc_pwritev2(fd, parts, count, offset, flags);
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

const struct libc_hook file_change_hooks[] = {
    {"open64", (void *)on_open, (void **)&libc_open},
    {"openat64", (void *)on_openat, (void **)&libc_openat},
    {"write", (void *)on_write, (void **)&libc_write},
    {"writev", (void *)on_writev, (void **)&libc_writev},
    {"pwrite64", (void *)on_pwrite, (void **)&libc_pwrite},
    {"pwritev64", (void *)on_pwritev, (void **)&libc_pwritev},
    {"pwritev64v2", (void *)on_pwritev2, (void **)&libc_pwritev2},
    {"ftruncate64", (void *)on_ftruncate, (void **)&libc_ftruncate},
    {"truncate64", (void *)on_truncate, (void **)&libc_truncate},
    {"fallocate64", (void *)on_fallocate, (void **)&libc_fallocate},
};
const size_t file_change_hooks_count = sizeof file_change_hooks / sizeof *file_change_hooks;
