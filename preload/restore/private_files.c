/* SPDX-License-Identifier: MIT */
/* Files of the replay's own: see private_files.h. The table only grows; places in it are taken and filled in
 * without a lock, because a signal handler may look something up while its thread adds. */
#define _GNU_SOURCE
#include "restore/private_files.h"

#include <errno.h>
#include <fcntl.h>
#include <stdatomic.h>
#include <stdbool.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "base/fd_name.h"
#include "base/file_copy.h"
#include "base/high_number.h"
#include "base/kernel.h"
#include "base/signal_mask.h"
#include "run/run_directory.h"

#define FILES_MAX  1024u
#define NAME_TRIES 1000u
#define BLOCK_SIZE 4096u /* holes know only whole ones */

enum filling {
    FILLED = 0,
    FILL_LATER,
    FILLING, /* a thread is at it */
};

static struct private_file {
    dev_t device;
    ino_t inode;
    dev_t own_device;
    ino_t own_inode;
    bool is_gone; /* the user's file */
    int source;   /* to be filled from there, up to this size */
    uint64_t source_size;
    _Atomic uint32_t filling;
    _Atomic int fd_and_one; /* 0: not filled in yet */
} files[FILES_MAX];

static atomic_uint file_count; /* places taken; may pass FILES_MAX */

/* --- making one --- */

/* A filesystem without O_TMPFILE (NFS, FUSE): the name is there for a moment. */
static int create_and_unlink(void)
{
    static atomic_uint number;
    int fd = -EEXIST;

    for (unsigned i = 0; fd == -EEXIST && i < NAME_TRIES; i++) {
        char name[32];

        text_print(name, sizeof name, ".private-%u", atomic_fetch_add(&number, 1));
        fd = run_directory_open(name, O_RDWR | O_CREAT | O_EXCL | O_NOFOLLOW);
        if (fd >= 0)
            run_directory_remove(name);
    }
    return fd;
}

int private_file_create(void)
{
    int fd = run_directory_open(".", O_RDWR | O_TMPFILE);

    if (fd < 0)
        fd = create_and_unlink();
    return fd < 0 ? fd : high_number_move(fd);
}

/* --- filling it --- */

int private_file_fill(int private_fd, int from_fd, uint64_t size)
{
    struct stat file;
    long offset = -1;

    int r = kernel_fstat(from_fd, &file);
    if (r < 0)
        return r;
    if (size > (uint64_t)file.st_size)
        size = (uint64_t)file.st_size;
    /* An open file description of our own, with an offset of its own; perhaps the given one is for writing.
     */
    int from = kernel_open(fd_name(from_fd).path, O_RDONLY | O_NONBLOCK | O_CLOEXEC);
    if (from < 0) {
        from = from_fd;
        offset = kernel_lseek(from_fd, 0, SEEK_CUR);
    }
    r = file_copy_whole(private_fd, from, size);
    if (r == 0)
        r = kernel_ftruncate(private_fd, (off_t)size);
    if (from != from_fd)
        kernel_close(from);
    else if (offset >= 0)
        kernel_lseek(from_fd, offset, SEEK_SET);
    return r;
}

/* --- filling it when somebody reads it --- */

static struct private_file *find_known(int private_fd)
{
    unsigned count = atomic_load(&file_count);

    for (unsigned i = 0; i < count && i < FILES_MAX; i++)
        if (atomic_load(&files[i].fd_and_one) == private_fd + 1)
            return &files[i];
    return NULL;
}

/* Holes know only whole blocks: the last one, which is about to be appended to, is filled now. */
int private_file_fill_later(int private_fd, int from_fd, uint64_t size)
{
    struct private_file *file = find_known(private_fd);
    int from = file == NULL ? -1 : kernel_open(fd_name(from_fd).path, O_RDONLY | O_NONBLOCK | O_CLOEXEC);

    if (from < 0)
        return private_file_fill(private_fd, from_fd, size);
    file->source = high_number_move(from);
    file->source_size = size;
    int r = file_copy_part(private_fd, file->source, size / BLOCK_SIZE * BLOCK_SIZE, size);
    if (r == 0)
        r = kernel_ftruncate(private_fd, (off_t)size);
    atomic_store(&file->filling, FILL_LATER);
    return r;
}

static void fill_holes(const struct private_file *file, int private_fd, uint64_t at, uint64_t most)
{
    if (most > file->source_size)
        most = file->source_size;
    while (at < most) {
        long start = kernel_lseek(private_fd, (off_t)at, SEEK_HOLE);
        if (start < 0 || (uint64_t)start >= most)
            break;
        long end = kernel_lseek(private_fd, start, SEEK_DATA);
        if (end < 0 || (uint64_t)end > most)
            end = (long)most;
        if (file_copy_part(private_fd, file->source, (uint64_t)start, (uint64_t)end) < 0)
            break;
        at = (uint64_t)end;
    }
}

/* Nobody has written to it. */
static void fill_unseen(const struct private_file *file, int private_fd, uint64_t at, uint64_t end)
{
    struct stat before;
    bool is_known = kernel_fstat(private_fd, &before) == 0;
    const struct timespec times[] = {before.st_atim, before.st_mtim};

    fill_holes(file, private_fd, at, end);
    if (is_known)
        raw_syscall4(SYS_utimensat, private_fd, NULL, times, 0);
}

/* Signals wait: a handler that reads the same file on this thread would wait for ever. */
void private_file_fill_now(int private_fd)
{
    struct private_file *file = find_known(private_fd);
    uint32_t expected = FILL_LATER;

    if (file == NULL || atomic_load(&file->filling) == FILLED)
        return;
    uint64_t mask = signal_mask_block_all();
    if (atomic_compare_exchange_strong(&file->filling, &expected, FILLING)) {
        fill_unseen(file, private_fd, 0, UINT64_MAX);
        kernel_close(file->source);
        atomic_store(&file->filling, FILLED);
    }
    while (atomic_load(&file->filling) == FILLING)
        kernel_sched_yield();
    signal_mask_restore(mask);
}

void private_file_fill_part(int private_fd, uint64_t at, uint64_t end)
{
    const struct private_file *file = find_known(private_fd);

    if (file != NULL && atomic_load(&file->filling) == FILL_LATER)
        fill_unseen(file, private_fd, at / BLOCK_SIZE * BLOCK_SIZE, end);
}

bool private_file_is_filled(int private_fd)
{
    const struct private_file *file = find_known(private_fd);

    return file == NULL || atomic_load(&file->filling) == FILLED;
}

/* --- finding it again --- */

static int add(dev_t device, ino_t inode, int private_fd, bool is_gone)
{
    struct stat own = {.st_dev = 0};
    unsigned place = atomic_fetch_add(&file_count, 1);

    if (place >= FILES_MAX) {
        atomic_store(&file_count, FILES_MAX);
        return -ENOSPC;
    }
    files[place].device = device;
    files[place].inode = inode;
    files[place].is_gone = is_gone;
    kernel_fstat(private_fd, &own);
    files[place].own_device = own.st_dev;
    files[place].own_inode = own.st_ino;
    atomic_store(&files[place].fd_and_one, private_fd + 1);
    return 0;
}

int private_file_add(dev_t device, ino_t inode, int private_fd)
{
    return add(device, inode, private_fd, false);
}

int private_file_add_gone(dev_t device, ino_t inode, int private_fd)
{
    return add(device, inode, private_fd, true);
}

int private_file_find(dev_t device, ino_t inode)
{
    unsigned count = atomic_load(&file_count);

    for (unsigned i = 0; i < count && i < FILES_MAX; i++) {
        int fd = atomic_load(&files[i].fd_and_one) - 1;
        if (fd >= 0 && !files[i].is_gone && files[i].device == device && files[i].inode == inode)
            return fd;
    }
    return -1;
}

bool private_file_original(dev_t *device, ino_t *inode)
{
    unsigned count = atomic_load(&file_count);

    for (unsigned i = 0; i < count && i < FILES_MAX; i++)
        if (atomic_load(&files[i].fd_and_one) != 0 && files[i].own_device == *device &&
            files[i].own_inode == *inode) {
            *device = files[i].device;
            *inode = files[i].inode;
            return true;
        }
    return false;
}

int private_file_reopen(int private_fd, int flags)
{
    if ((flags & O_ACCMODE) != O_WRONLY)
        private_file_fill_now(private_fd);
    return kernel_open(fd_name(private_fd).path,
                       flags & ~(O_CREAT | O_EXCL | O_NOFOLLOW | (O_TMPFILE & ~O_DIRECTORY)));
}
