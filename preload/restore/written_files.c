/* SPDX-License-Identifier: MIT */
/* See written_files.h. A private file gets the time of the user's file, a nanosecond less: whoever writes to
 * it changes that, also within the same tick of the clock. The table only grows: a file is filled in before
 * it is counted. */
#define _GNU_SOURCE
#include "restore/written_files.h"

#include <fcntl.h>
#include <stdatomic.h>
#include <string.h>
#include <sys/statfs.h>
#include <sys/syscall.h>

#include "base/fd_name.h"
#include "base/kernel.h"

#define POOL_SIZE  65536u
#define PATH_ROOM  4096u
#define TMPFS      0x01021994
#define SECOND_END 999999999

static struct written_file files[WRITTEN_FILES_MAX];
static atomic_uint file_count;
static bool has_begun;
static char pool[POOL_SIZE];
static size_t pool_used;

/* What was read of it may be cut: then there was no room. */
const char *written_files_keep_name(int fd)
{
    const size_t room = POOL_SIZE - pool_used;
    char *name = pool + pool_used;

    if (room < PATH_ROOM)
        return NULL;
    long length = fd_name_read(fd, name, room);
    if (length <= 0 || (size_t)length >= PATH_ROOM || *name != '/')
        return NULL;
    pool_used += (size_t)length + 1;
    return name;
}

static bool is_in_pool(const char *path)
{
    return path >= pool && path < pool + POOL_SIZE;
}

static const char *keep_path(const char *path)
{
    size_t size = strlen(path) + 1;

    if (is_in_pool(path))
        return path;
    if (*path != '/' || size > POOL_SIZE - pool_used)
        return NULL;
    char *kept = memcpy(pool + pool_used, path, size);
    pool_used += size;
    return kept;
}

static struct timespec just_before(const struct timespec *time)
{
    if (time->tv_nsec > 0)
        return (struct timespec){time->tv_sec, time->tv_nsec - 1};
    return (struct timespec){time->tv_sec - 1, SECOND_END};
}

/* A filesystem keeps times as coarsely as it likes. */
static void mark(struct written_file *file)
{
    const struct timespec times[] = {file->time, file->time};
    struct stat now;

    raw_syscall4(SYS_utimensat, file->fd, NULL, times, 0);
    if (kernel_fstat(file->fd, &now) == 0)
        file->time = now.st_mtim;
}

void written_files_add(int private_fd, const char *path, const struct timespec *time, bool made)
{
    unsigned place = atomic_load(&file_count);
    const char *kept = place < WRITTEN_FILES_MAX && path != NULL ? keep_path(path) : NULL;
    struct stat file;

    if (kept == NULL || kernel_fstat(private_fd, &file) < 0)
        return;
    files[place] = (struct written_file){
        .fd = private_fd,
        .path = kept,
        .time = just_before(time),
        .device = file.st_dev,
        .inode = file.st_ino,
        .made = made,
    };
    if (has_begun)
        mark(&files[place]);
    atomic_store(&file_count, place + 1);
}

void written_files_begin(void)
{
    unsigned count = atomic_load(&file_count);

    for (unsigned i = 0; i < count; i++)
        mark(&files[i]);
    has_begun = true;
}

unsigned written_files_count(void)
{
    return atomic_load(&file_count);
}

const struct written_file *written_files_at(unsigned place)
{
    return &files[place];
}

static struct written_file *find(dev_t device, ino_t inode)
{
    for (unsigned i = atomic_load(&file_count); i-- > 0;)
        if (files[i].device == device && files[i].inode == inode)
            return &files[i];
    return NULL;
}

void written_files_mapped(int fd)
{
    struct stat file;
    struct statfs system;

    if (atomic_load(&file_count) == 0 || kernel_fstat(fd, &file) < 0)
        return;
    struct written_file *mapped = find(file.st_dev, file.st_ino);
    if (mapped != NULL && raw_syscall2(SYS_fstatfs, fd, &system) == 0 && system.f_type == TMPFS)
        mapped->mapped = true;
}

int written_files_find(const char *path)
{
    for (unsigned i = atomic_load(&file_count); i-- > 0;)
        if (strcmp(files[i].path, path) == 0)
            return files[i].fd;
    return -1;
}

bool written_files_has(dev_t device, ino_t inode)
{
    return find(device, inode) != NULL;
}

bool written_files_is_changed(const struct written_file *file, const struct stat *now)
{
    return file->made || file->mapped || now->st_mtim.tv_sec != file->time.tv_sec ||
           now->st_mtim.tv_nsec != file->time.tv_nsec;
}
