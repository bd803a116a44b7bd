/* SPDX-License-Identifier: MIT */
/* Old contents of files: see undo.h. A descriptor's number may have got another file since it was looked at:
 * so the file is compared before anything is kept. */
#define _GNU_SOURCE
#include "record/undo.h"

#include <errno.h>
#include <fcntl.h>
#include <stdatomic.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/kernel.h"
#include "base/often.h"
#include "record/tape.h"
#include "snapshot/descriptors.h"

#define NUMBERS_MAX 1024u
#define PIECE_SIZE  1024u /* on a stack that may be small: of a handler */
#define KEPT_MAX                                                                                             \
    ((uint64_t)4 << 20) /* bytes, of all files from one snapshot to the next: input wants room, too */
#define CHANGES_MAX 262144u
#define PARTS_MAX   8

/* By descriptor number: below this offset a write is of interest. 0: not watched. */
static struct watch {
    uint64_t device, inode;
    _Atomic uint64_t end;
} watches[NUMBERS_MAX];

static unsigned watched;                    /* no number from this on is */
static OFTEN_WRITTEN _Atomic uint64_t kept; /* bytes since the last snapshot */

/* --- in the original --- */

static void watch(int fd, const struct stat *file, uint64_t end)
{
    if (fd < 0 || (unsigned)fd >= NUMBERS_MAX)
        return;
    watches[fd].device = file->st_dev;
    watches[fd].inode = file->st_ino;
    atomic_store(&watches[fd].end, end);
    watched = (unsigned)fd < watched ? watched : (unsigned)fd + 1;
}

static bool can_write(int flags)
{
    return (flags & O_ACCMODE) != O_RDONLY && (flags & O_PATH) == 0;
}

/* A descriptor, as of the last snapshot, that reads this file; -1: there is none. */
static int find_reader(const struct stat *file)
{
    for (size_t i = 0; i < descriptors_count(); i++) {
        const struct descriptor *other = descriptors_at(i);
        struct stat now;

        if (other->file.st_ino != file->st_ino || other->file.st_dev != file->st_dev)
            continue;
        long flags = kernel_fcntl(other->fd, F_GETFL, 0);
        if (flags >= 0 && (flags & O_ACCMODE) != O_WRONLY && (flags & O_PATH) == 0 &&
            kernel_fstat(other->fd, &now) == 0 && now.st_ino == file->st_ino && now.st_dev == file->st_dev)
            return other->fd;
    }
    return -1;
}

static bool is_read(const struct stat *file)
{
    return find_reader(file) >= 0;
}

void undo_take(void)
{
    atomic_store(&kept, 0);
    for (unsigned fd = 0; fd < watched; fd++)
        if (atomic_load_explicit(&watches[fd].end, memory_order_relaxed) != 0)
            atomic_store_explicit(&watches[fd].end, 0, memory_order_relaxed);
    watched = 0;
    for (size_t i = 0; i < descriptors_count(); i++) {
        const struct descriptor *descriptor = descriptors_at(i);

        if (!S_ISREG(descriptor->file.st_mode) || descriptor->file.st_size == 0)
            continue;
        long flags = kernel_fcntl(descriptor->fd, F_GETFL, 0);
        if (flags >= 0 && can_write((int)flags) && is_read(&descriptor->file))
            watch(descriptor->fd, &descriptor->file, (uint64_t)descriptor->file.st_size);
    }
}

void undo_put(const struct undo_record *record, const struct iovec *parts, int count)
{
    struct iovec all[1 + PARTS_MAX] = {{(void *)(uintptr_t)record, sizeof *record}};

    for (int i = 0; i < count && i < PARTS_MAX; i++)
        all[1 + i] = parts[i];
    tape_record(TAPE_UNDO, 0, (int64_t)record->size, all, 1 + count);
}

static void record(const struct stat *file, enum undo_kind kind, uint64_t offset, const void *bytes,
                   size_t size)
{
    const struct undo_record change = {file->st_dev, file->st_ino, offset, kind, (uint32_t)size};
    const struct iovec part = {(void *)(uintptr_t)bytes, size};

    undo_put(&change, &part, 1);
}

/* Nothing is opened for this: who closes any descriptor of a file gives up its locks (fcntl). */
static void note_bytes(int fd, const struct stat *file, uint64_t start, uint64_t end)
{
    char piece[PIECE_SIZE];
    int reader = fd;

    if (atomic_fetch_add(&kept, end - start) + (end - start) > KEPT_MAX) {
        record(file, UNDO_LOST, start, NULL, 0);
        return;
    }
    while (start < end) {
        size_t size = end - start < sizeof piece ? (size_t)(end - start) : sizeof piece;
        long r = kernel_pread(reader, piece, size, (long)start);
        if (r == -EBADF && reader == fd && (reader = find_reader(file)) >= 0 && reader != fd)
            continue; /* write-only; another one reads it */
        if (r < 0)
            record(file, UNDO_LOST, start, NULL, 0);
        if (r <= 0)
            break;
        record(file, UNDO_BYTES, start, piece, (size_t)r);
        start += (uint64_t)r;
    }
}

bool undo_is_watched(int fd)
{
    return (unsigned)fd < NUMBERS_MAX && atomic_load_explicit(&watches[fd].end, memory_order_relaxed) != 0;
}

/* Is it the original that is about to change this regular file? */
static bool is_kept(int fd, const char *path, struct stat *file)
{
    return role_records() && (path != NULL ? kernel_stat(path, file) : kernel_fstat(fd, file)) >= 0 &&
           S_ISREG(file->st_mode);
}

/* Returns the end of what is of interest, 0: nothing. */
static uint64_t watched_end(int fd, struct stat *file)
{
    if (!undo_is_watched(fd))
        return 0;
    uint64_t end = atomic_load_explicit(&watches[fd].end, memory_order_relaxed);
    if (!is_kept(fd, NULL, file) || file->st_ino != watches[fd].inode || file->st_dev != watches[fd].device)
        return 0;
    return end < (uint64_t)file->st_size ? end : (uint64_t)file->st_size;
}

void undo_before_write(int fd, size_t size, int64_t offset)
{
    struct stat file;
    uint64_t end = watched_end(fd, &file);

    if (end == 0)
        return;
    if (offset < 0) {
        if ((kernel_fcntl(fd, F_GETFL, 0) & O_APPEND) != 0)
            return;
        offset = kernel_lseek(fd, 0, SEEK_CUR);
    }
    if (offset >= 0 && (uint64_t)offset < end)
        note_bytes(fd, &file, (uint64_t)offset,
                   end - (uint64_t)offset > size ? (uint64_t)offset + size : end);
}

void undo_before_cut(int fd, uint64_t size)
{
    struct stat file;
    uint64_t end = watched_end(fd, &file);

    if (size < end)
        note_bytes(fd, &file, size, end);
}

void undo_before_cut_name(const char *path, uint64_t size)
{
    struct stat file;

    if (!is_kept(-1, path, &file) || (uint64_t)file.st_size <= size)
        return;
    int reader = find_reader(&file);
    if (reader >= 0)
        note_bytes(reader, &file, size, (uint64_t)file.st_size);
}

/* A replay opens it by its name too, and finds it as long as it has become. */
void undo_opened(int fd, int flags)
{
    struct stat file;

    if (!can_write(flags) || !is_kept(fd, NULL, &file))
        return;
    if ((flags & O_TRUNC) != 0) {
        const struct descriptor *before = descriptors_find_file(file.st_dev, file.st_ino);

        watch(fd, &file, 0);
        if (before != NULL && before->file.st_size > 0 && is_read(&file))
            record(&file, UNDO_LOST, 0, NULL, 0);
        return;
    }
    watch(fd, &file, (flags & O_ACCMODE) == O_RDWR || is_read(&file) ? (uint64_t)file.st_size : 0);
    record(&file, UNDO_SIZE, (uint64_t)file.st_size, NULL, 0);
}

/* --- in a woken copy --- */

static struct {
    const char **list; /* payloads, CHANGES_MAX at most; untouched pages cost nothing */
    size_t count;
    bool collected, is_full;
} changes;

/* A payload may stand anywhere. */
const char *undo_at(size_t place, struct undo_record *record)
{
    memcpy(record, changes.list[place], sizeof *record);
    return changes.list[place] + sizeof *record;
}

/* NULL: it is of another file. */
static const char *read_change(size_t place, dev_t device, ino_t inode, struct undo_record *change)
{
    const char *bytes = undo_at(place, change);

    return change->kind < UNDO_NAMES && change->device == device && change->inode == inode ? bytes : NULL;
}

void undo_collect(void)
{
    struct tape_answer answer;

    if (changes.collected)
        return;
    changes.collected = true;
    const long list = kernel_mmap(NULL, CHANGES_MAX * sizeof *changes.list, PROT_READ | PROT_WRITE,
                                  MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE, -1, 0);
    changes.is_full = list < 0 && list > -4096;
    if (changes.is_full)
        return;
    changes.list = (const char **)list;
    while (!changes.is_full && tape_feed(TAPE_UNDO, 0, &answer)) {
        struct undo_record change;

        if (answer.size < sizeof change)
            continue;
        memcpy(&change, answer.payload, sizeof change);
        if (change.size == answer.size - sizeof change)
            changes.list[changes.count++] = answer.payload;
        changes.is_full = changes.count == CHANGES_MAX;
    }
}

size_t undo_count(void)
{
    undo_collect();
    return changes.count;
}

bool undo_is_full(void)
{
    undo_collect();
    return changes.is_full;
}

bool undo_has(dev_t device, ino_t inode)
{
    struct undo_record change;

    undo_collect();
    for (size_t i = 0; i < changes.count; i++)
        if (read_change(i, device, inode, &change) != NULL)
            return true;
    return false;
}

static int undo_one(const struct undo_record *change, const char *bytes, int fd)
{
    struct stat file;

    if (change->kind == UNDO_BYTES) {
        long r = kernel_pwrite(fd, bytes, change->size, (long)change->offset);
        return r < 0 ? (int)r : (size_t)r < change->size ? -ENOSPC : 0;
    }
    if (change->kind == UNDO_SIZE && kernel_fstat(fd, &file) == 0 && (uint64_t)file.st_size > change->offset)
        return kernel_ftruncate(fd, (long)change->offset);
    return change->kind == UNDO_LOST ? -ENODATA : 0;
}

int undo_apply(dev_t device, ino_t inode, int private_fd)
{
    return undo_apply_before(SIZE_MAX, device, inode, private_fd);
}

int undo_apply_before(size_t place, dev_t device, ino_t inode, int private_fd)
{
    int r = 0;

    undo_collect();
    if (undo_is_full())
        r = -ENODATA;
    for (size_t i = place < changes.count ? place : changes.count; i-- > 0;) {
        struct undo_record change;
        const char *bytes = read_change(i, device, inode, &change);
        int error = bytes == NULL ? 0 : undo_one(&change, bytes, private_fd);
        if (error < 0)
            r = error;
    }
    return r;
}
