/* SPDX-License-Identifier: MIT */
/* Files of the replay's own: see private_files.h. The table only grows; places in it are taken and filled in
 * without a lock, because a signal handler may look something up while its thread adds. */
#define _GNU_SOURCE
#include "private_files.h"

#include <errno.h>
#include <fcntl.h>
#include <stdatomic.h>
#include <stdbool.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "../raw_syscall.h"
#include "high_number.h"
#include "run_directory.h"

#define FILES_MAX  1024u
#define NAME_TRIES 1000u
#define PIECE_SIZE 4096u /* on the stack, perhaps a signal handler's */

static struct private_file {
    dev_t device;
    ino_t inode;
    _Atomic int fd_and_one; /* 0: not filled in yet */
} files[FILES_MAX];

static atomic_uint file_count; /* places taken; may pass FILES_MAX */

/* --- making one --- */

static long open_in_run_directory(const char *name, int flags)
{
    char path[RUN_DIRECTORY_PATH_SIZE];
    struct text text;

    text_init(&text, path, sizeof path);
    run_directory_path(&text, name);
    if (text.cut)
        return -ENAMETOOLONG;
    long fd = raw_syscall4(SYS_openat, AT_FDCWD, (long)path, flags | O_RDWR | O_CLOEXEC, 0600);
    if (fd >= 0 && (flags & O_CREAT) != 0)
        raw_syscall3(SYS_unlinkat, AT_FDCWD, (long)path, 0);
    return fd;
}

/* A filesystem without O_TMPFILE (NFS, FUSE): the name is there for a moment. */
static long create_and_unlink(void)
{
    static atomic_uint number;
    long fd = -EEXIST;

    for (unsigned i = 0; fd == -EEXIST && i < NAME_TRIES; i++) {
        char name[32];
        struct text text;

        text_init(&text, name, sizeof name);
        text_format(&text, ".private-%u", atomic_fetch_add(&number, 1));
        fd = open_in_run_directory(name, O_CREAT | O_EXCL | O_NOFOLLOW);
    }
    return fd;
}

int private_file_create(void)
{
    long fd = open_in_run_directory("", O_TMPFILE);

    if (fd < 0)
        fd = create_and_unlink();
    return fd < 0 ? (int)fd : high_number_move((int)fd);
}

/* --- filling it --- */

static long open_again(int fd, int flags)
{
    char path[32];
    struct text text;

    text_init(&text, path, sizeof path);
    text_format(&text, "/proc/self/fd/%d", fd);
    return raw_syscall4(SYS_openat, AT_FDCWD, (long)path, flags, 0);
}

static int write_piece(int to, const char *bytes, uint64_t at, long size)
{
    while (size > 0) {
        long r = raw_syscall4(SYS_pwrite64, to, (long)bytes, size, (long)at);
        if (r == -EINTR)
            continue;
        if (r <= 0)
            return r < 0 ? (int)r : -ENOSPC;
        bytes += r;
        at += (uint64_t)r;
        size -= r;
    }
    return 0;
}

/* By the kernel where it can (a filesystem may share the blocks), else by hand. */
static int copy_bytes(int to, int from, uint64_t at, uint64_t end)
{
    char piece[PIECE_SIZE];

    while (at < end) {
        int64_t from_at = (int64_t)at, to_at = (int64_t)at;
        long r =
            raw_syscall6(SYS_copy_file_range, from, (long)&from_at, to, (long)&to_at, (long)(end - at), 0);
        if (r <= 0) {
            r = raw_syscall4(SYS_pread64, from, (long)piece,
                             (long)(end - at < sizeof piece ? end - at : sizeof piece), (long)at);
            if (r == -EINTR)
                continue;
            if (r <= 0)
                return (int)r; /* 0: somebody has just cut the file */
            int error = write_piece(to, piece, at, r);
            if (error < 0)
                return error;
        }
        at += (uint64_t)r;
    }
    return 0;
}

static int copy_data(int to, int from, uint64_t size)
{
    int r = 0;

    for (uint64_t at = 0; r == 0 && at < size;) {
        long start = raw_syscall3(SYS_lseek, from, (long)at, SEEK_DATA);
        if (start == -ENXIO)
            break; /* a hole up to the end */
        long end = start < 0 ? start : raw_syscall3(SYS_lseek, from, start, SEEK_HOLE);
        if (end < 0) { /* a filesystem that knows no holes */
            start = (long)at;
            end = (long)size;
        }
        r = copy_bytes(to, from, (uint64_t)start, (uint64_t)end < size ? (uint64_t)end : size);
        at = (uint64_t)end;
    }
    return r;
}

int private_file_fill(int private_fd, int from_fd, uint64_t size)
{
    struct stat file;
    long offset = -1;

    long r = raw_syscall2(SYS_fstat, from_fd, (long)&file);
    if (r < 0)
        return (int)r;
    if (size > (uint64_t)file.st_size)
        size = (uint64_t)file.st_size;
    /* An open file description of our own, with an offset of its own; perhaps the given one is for writing.
     */
    long from = open_again(from_fd, O_RDONLY | O_NONBLOCK | O_CLOEXEC);
    if (from < 0) {
        from = from_fd;
        offset = raw_syscall3(SYS_lseek, from_fd, 0, SEEK_CUR);
    }
    r = copy_data(private_fd, (int)from, size);
    if (r == 0)
        r = raw_syscall2(SYS_ftruncate, private_fd, (long)size);
    if (from != from_fd)
        raw_syscall1(SYS_close, from);
    else if (offset >= 0)
        raw_syscall3(SYS_lseek, from_fd, offset, SEEK_SET);
    return (int)r;
}

/* --- finding it again --- */

int private_file_add(dev_t device, ino_t inode, int private_fd)
{
    unsigned place = atomic_fetch_add(&file_count, 1);

    if (place >= FILES_MAX) {
        atomic_store(&file_count, FILES_MAX);
        return -ENOSPC;
    }
    files[place].device = device;
    files[place].inode = inode;
    atomic_store(&files[place].fd_and_one, private_fd + 1);
    return 0;
}

int private_file_find(dev_t device, ino_t inode)
{
    unsigned count = atomic_load(&file_count);

    for (unsigned i = 0; i < count && i < FILES_MAX; i++) {
        int fd = atomic_load(&files[i].fd_and_one) - 1;
        if (fd >= 0 && files[i].device == device && files[i].inode == inode)
            return fd;
    }
    return -1;
}

int private_file_reopen(int private_fd, int flags)
{
    return (int)open_again(private_fd, flags & ~(O_CREAT | O_EXCL | O_NOFOLLOW | (O_TMPFILE & ~O_DIRECTORY)));
}
