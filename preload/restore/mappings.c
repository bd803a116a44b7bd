/* SPDX-License-Identifier: MIT */
/* Shared memory of a replay: see mappings.h. Each file behind it gets a private one that is mapped in its
 * place, shared: so that what is mapped twice stays one, and what is open as well shows what is written in
 * memory. */
#define _GNU_SOURCE
#include "restore/mappings.h"

#include <errno.h>
#include <fcntl.h>
#include <linux/memfd.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/mman.h>
#include <sys/stat.h>

#include "base/clock.h"
#include "base/file_copy.h"
#include "base/high_number.h"
#include "base/kernel.h"
#include "base/user_memory.h"
#include "restore/private_files.h"
#include "restore/segments.h"
#include "restore/written_files.h"
#include "run/notes.h"
#include "snapshot/shared_memory.h"

static uint64_t snapshot_ns; /* wall clock */

static bool is_writable(const struct shared_memory *memory)
{
    return (memory->protection & PROT_WRITE) != 0;
}

/* Has the simulator the right to make it writable? Only the kernel knows, by what the file was opened for. */
static bool may_become_writable(const struct shared_memory *memory)
{
    void *start = (void *)memory->start;
    bool may = kernel_mprotect(start, memory->size, memory->protection | PROT_WRITE) == 0;

    if (may)
        kernel_mprotect(start, memory->size, memory->protection);
    return may;
}

static bool same_object(const struct shared_memory *one, const struct shared_memory *other)
{
    return one->inode == other->inode && one->device == other->device;
}

static bool may_be_written[SHARED_MEMORY_MAX]; /* place in the list */

/* Memory that can only be read is left alone, unless it is also written elsewhere. */
static bool is_private(const struct shared_memory *list, int count, const struct shared_memory *memory)
{
    for (int i = 0; i < count; i++)
        if (may_be_written[i] && same_object(&list[i], memory))
            return true;
    return private_file_find(memory->device, memory->inode) >= 0;
}

/* The whole file, where its name still leads to it: somebody may open it. */
static int copy_file(const struct shared_memory *memory)
{
    struct stat file;

    if (memory->path[0] != '/')
        return -ENOENT;
    int from = kernel_open(memory->path, O_RDONLY | O_NONBLOCK | O_NOCTTY | O_CLOEXEC);
    if (from < 0)
        return from;
    int fd = -ENOENT;
    if (kernel_fstat(from, &file) == 0 && file.st_ino == memory->inode && S_ISREG(file.st_mode)) {
        fd = private_file_find(file.st_dev, file.st_ino);
        if (fd < 0 && (fd = private_file_create()) >= 0) {
            if (private_file_fill(fd, from, (uint64_t)file.st_size) < 0)
                notes_add_cause("there is no room for a copy of what is mapped of %s", memory->path);
            private_file_add(file.st_dev, file.st_ino, fd);
            written_files_add(fd, memory->path, &file.st_mtim, false);
        }
    }
    kernel_close(from);
    return fd;
}

/* Where the file has no name: as long as the last byte that is mapped of it. */
static int create_object(const struct shared_memory *list, int count, const struct shared_memory *memory)
{
    uint64_t end = 0;
    int fd = kernel_memfd_create("shared", MFD_CLOEXEC);

    if (fd < 0)
        return fd;
    fd = high_number_move(fd);
    for (int i = 0; i < count; i++)
        if (same_object(&list[i], memory) && list[i].offset + list[i].size > end)
            end = list[i].offset + list[i].size;
    private_file_add(memory->device, memory->inode, fd);
    int r = kernel_ftruncate(fd, (off_t)end);
    return r < 0 ? r : fd;
}

static int find_file(const struct shared_memory *list, int count, const struct shared_memory *memory)
{
    int fd = private_file_find(memory->device, memory->inode);

    if (fd < 0)
        fd = copy_file(memory);
    return fd >= 0 ? fd : create_object(list, count, memory);
}

/* As it is now, read by the kernel: past the end of a file that was cut there is nothing, and a load would be
 * SIGBUS; devices are not read at all. */
static void put_present(int fd, const struct shared_memory *memory, size_t size)
{
    static char buffer[65536];

    for (size_t done = 0; done < size;) {
        const size_t part = size - done < sizeof buffer ? size - done : sizeof buffer;
        long r = user_memory_peek(buffer, (const void *)(memory->start + done), part);
        if (r <= 0)
            break;
        file_copy_write(fd, buffer, memory->offset + done, (size_t)r);
        done += (size_t)r;
    }
}

static void put_contents(int fd, const struct shared_memory *memory)
{
    struct stat file;

    if (kernel_fstat(fd, &file) < 0 || (uint64_t)file.st_size <= memory->offset)
        return;
    uint64_t room = (uint64_t)file.st_size - memory->offset;
    size_t size = memory->size < room ? memory->size : room;

    if (memory->contents == NULL) {
        if (is_writable(memory))
            notes_add_cause(
                "memory that it shares (%zu kB of %s) could not be kept as it was at the snapshot",
                memory->size / 1024, memory->path);
        put_present(fd, memory, size);
        return;
    }
    file_copy_write(fd, memory->contents, memory->offset, size);
}

/* A segment's number is its inode. */
static int replace(int fd, const struct shared_memory *memory)
{
    static const int kinds[] = {MAP_SHARED, MAP_PRIVATE}; /* the second where the filesystem has no first */
    long r = 0;

    segments_add(memory->path, (int)memory->inode, (const void *)memory->start, memory->size, fd);
    if (is_writable(memory))
        written_files_mapped(fd);
    for (unsigned i = 0; i < 2; i++) {
        r = kernel_mmap((void *)memory->start, memory->size, memory->protection, kinds[i] | MAP_FIXED, fd,
                        (off_t)memory->offset);
        if (r >= 0 || r <= -4096)
            return 0;
    }
    return (int)r;
}

/* What is only read first: what is written at the same place holds the contents of the snapshot. */
static int put_all(struct shared_memory *list, int count, bool writable)
{
    for (int i = 0; i < count; i++) {
        if (is_writable(&list[i]) != writable || !is_private(list, count, &list[i]))
            continue;
        int fd = find_file(list, count, &list[i]);
        if (fd < 0)
            return fd;
        put_contents(fd, &list[i]);
    }
    return 0;
}

/* Memory that only this process writes to is still the file's where it never did: what somebody has written
 * to the file meanwhile is seen there. A file that was put in its place is another one. */
static void look_for_change(const char *path, ino_t inode)
{
    struct stat file;

    if (kernel_fstatat(AT_FDCWD, path, &file, AT_SYMLINK_NOFOLLOW) < 0 || file.st_ino != inode ||
        !S_ISREG(file.st_mode))
        return;
    uint64_t changed_ns = (uint64_t)file.st_mtim.tv_sec * 1000000000u + (uint64_t)file.st_mtim.tv_nsec;
    if (changed_ns > snapshot_ns)
        notes_add_cause("what is mapped of %s was changed after the snapshot", path);
}

int mappings_set_back(uint64_t taken_ns)
{
    struct shared_memory *list;

    snapshot_ns = clock_wall_ns(taken_ns);
    int count = shared_memory_list(&list, look_for_change);

    for (int i = 0; i < count; i++)
        may_be_written[i] = is_writable(&list[i]) || may_become_writable(&list[i]);
    int r = count < 0 ? count : put_all(list, count, false);
    if (r == 0)
        r = put_all(list, count, true);
    for (int i = 0; r == 0 && i < count; i++)
        if (is_private(list, count, &list[i]))
            r = replace(find_file(list, count, &list[i]), &list[i]);
        else
            look_for_change(list[i].path, list[i].inode);
    return r;
}
