/* SPDX-License-Identifier: MIT */
/* Opening by name. A FIFO, a terminal or another device may block, and do something to whoever is at its
 * other end, so a replay does not open it: it looks before it opens. The original learns by the same fstat()
 * what it would ask at the first read. fopen() and opendir() come by here as well. */
#define _GNU_SOURCE
#include <errno.h>
#include <fcntl.h>
#include <linux/magic.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/statfs.h>
#include <sys/syscall.h>
#include <sys/sysmacros.h>

#include "base/kernel.h"
#include "base/memory_device.h"
#include "interpose/libc_hook.h"
#include "interpose/proc.h"
#include "record/answer.h"
#include "record/renames.h"
#include "record/undo.h"
#include "record/watch.h"

static int (*libc_open)(const char *path, int flags, mode_t mode);
static int (*libc_openat)(int directory, const char *path, int flags, mode_t mode);
static int (*libc_creat)(const char *path, mode_t mode);

struct opening {
    const char *path;
    int directory, flags, fd;
    bool is_told; /* this is a replay, and the file is none that it opens */
    struct renames made;
};

static uint64_t hash(const char *path)
{
    uint64_t value = UINT64_C(0xcbf29ce484222325); /* FNV-1a */

    for (; *path != '\0'; path++)
        value = (value ^ (uint8_t)*path) * UINT64_C(0x100000001b3);
    return value >> 8;
}

static bool is_concerned(const struct stat *file)
{
    return S_ISFIFO(file->st_mode) || (S_ISCHR(file->st_mode) && major(file->st_rdev) != MEMORY_DEVICE_MAJOR);
}

/* Only once the kernel has read the name. */
static uint64_t key_of(const struct opening *opening)
{
    return answer_key_at(ANSWER_OPEN, hash(opening->path));
}

/* Is the call to be made? */
static bool begins(struct opening *opening, int directory, const char *path, int flags)
{
    struct stat file;

    *opening = (struct opening){.path = path, .directory = directory, .flags = flags};
    opening->is_told = role_is_fed() && (flags & O_PATH) == 0 &&
                       kernel_fstatat(directory, path, &file, 0) == 0 && is_concerned(&file);
    if ((flags & O_CREAT) != 0)
        renames_begins(&opening->made, RENAMES_MADE, (struct renames_name){directory, path},
                       (struct renames_name){AT_FDCWD, NULL});
    return !opening->is_told;
}

static void record(const struct opening *opening, const uint8_t *class)
{
    const struct iovec part = {(void *)(uintptr_t) class, sizeof *class};

    tape_record(TAPE_CALL, key_of(opening), opening->fd, &part, class != NULL);
}

/* A FIFO that nobody reads cannot be opened for writing without waiting: ENXIO. */
static void learn(const struct opening *opening)
{
    struct stat file;

    if (opening->fd < 0 && errno == ENXIO)
        record(opening, NULL);
    if (opening->fd < 0 || kernel_fstat(opening->fd, &file) < 0)
        return;
    if (S_ISREG(file.st_mode) && descriptor_class_is_unknown(opening->fd))
        descriptor_class_set(opening->fd, DESCRIPTOR_FILE);
    if (!is_concerned(&file))
        return;
    uint8_t class = (uint8_t)descriptor_class_learn(opening->fd);
    record(opening, &class);
}

/* A link there may lead to a file of a disk (/proc/self/exe). */
static bool is_of_kernel(const struct opening *opening)
{
    struct statfs found;

    if ((opening->flags & (O_ACCMODE | O_DIRECTORY | O_PATH)) != O_RDONLY ||
        (strncmp(opening->path, "/proc/", 6) != 0 && strncmp(opening->path, "/sys/", 5) != 0))
        return false;
    return raw_syscall2(SYS_fstatfs, opening->fd, &found) == 0 &&
           (found.f_type == PROC_SUPER_MAGIC || found.f_type == SYSFS_MAGIC);
}

static void note_class(const struct opening *opening)
{
    if (opening->fd < 0 || opening->fd >= DESCRIPTOR_CLASSES)
        return;
    descriptor_class_set(opening->fd, DESCRIPTOR_UNKNOWN);
    if (is_of_kernel(opening)) {
        descriptor_class_set(opening->fd, DESCRIPTOR_PROC);
        descriptor_class_names[opening->fd] = (uint32_t)hash(opening->path);
    }
}

static void take_told(struct opening *opening)
{
    uint8_t class = DESCRIPTOR_PIPE;

    opening->fd = (int)answer_of_original(TAPE_CALL, key_of(opening), "open", &class, sizeof class);
    if (opening->fd >= 0)
        descriptor_class_stand_in(opening->fd, (enum descriptor_class) class,
                                  (opening->flags & O_CLOEXEC) != 0);
}

static int ends(struct opening *opening)
{
    renames_ends(&opening->made, opening->fd);
    if (opening->is_told) {
        take_told(opening);
    } else {
        note_class(opening);
        if (role_records() && (opening->flags & O_PATH) == 0)
            learn(opening);
    }
    if (opening->fd >= 0) {
        proc_opened(opening->fd, opening->path);
        undo_opened(opening->fd, opening->flags);
        if ((opening->flags & O_ACCMODE) != O_RDONLY)
            watch_opened(opening->fd, opening->directory, opening->path);
    }
    return opening->fd;
}

static int on_open(const char *path, int flags, mode_t mode)
{
    char buffer[PROC_PATH_SIZE];
    struct opening opening;

    if (begins(&opening, AT_FDCWD, path, flags))
        opening.fd = libc_open(proc_true_path(path, buffer), flags, mode);
    return ends(&opening);
}

static int on_openat(int directory, const char *path, int flags, mode_t mode)
{
    char buffer[PROC_PATH_SIZE];
    struct opening opening;

    if (begins(&opening, directory, path, flags))
        opening.fd = libc_openat(directory, proc_true_path(path, buffer), flags, mode);
    return ends(&opening);
}

static int on_creat(const char *path, mode_t mode)
{
    const struct renames_name name = {AT_FDCWD, path}, none = {AT_FDCWD, NULL};
    struct renames made;

    renames_begins(&made, RENAMES_MADE, name, none);
    int fd = renames_ends(&made, libc_creat(path, mode));
    if (fd >= 0) {
        descriptor_class_set(fd, DESCRIPTOR_UNKNOWN);
        watch_opened(fd, AT_FDCWD, path);
    }
    return fd;
}

static const struct libc_hook rows[] = {
    LIBC_HOOK("open64", on_open, libc_open),
    LIBC_HOOK("openat64", on_openat, libc_openat),
    LIBC_HOOK("creat64", on_creat, libc_creat),
};
const struct libc_hooks open_hooks = LIBC_HOOKS(rows);
