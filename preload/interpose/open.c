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

#include "base/memory_device.h"
#include "base/raw_syscall.h"
#include "interpose/libc_hook.h"
#include "interpose/proc.h"
#include "record/input_call.h"
#include "record/undo.h"

static int (*libc_open)(const char *path, int flags, mode_t mode);
static int (*libc_openat)(int directory, const char *path, int flags, mode_t mode);
static int (*libc_creat)(const char *path, mode_t mode);

struct input_open {
    struct input_call call;
    int fd; /* in: what libc's function gave, where the call is made */
    const char *path;
    int flags;
    bool concerned;
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
static void name_call(struct input_open *open)
{
    open->call = (struct input_call){
        .kind = INPUT_CALL, .group = INPUT_GROUP_OPEN, .fd = hash(open->path), .name = "open"};
}

/* Is the call to be made? */
static bool is_made(struct input_open *open, int directory, const char *path, int flags)
{
    struct stat file;

    open->concerned = false;
    open->flags = flags;
    open->path = path;
    if (input_mode() == INPUT_NOT_CONCERNED || (flags & O_PATH) != 0)
        return true;
    open->concerned = input_mode() == INPUT_FED &&
                      raw_syscall4(SYS_newfstatat, directory, (long)path, (long)&file, 0) == 0 &&
                      is_concerned(&file);
    if (!open->concerned)
        return true;
    name_call(open);
    return input_call_is_made(&open->call);
}

/* A FIFO that nobody reads cannot be opened for writing without waiting: ENXIO. */
static int keep(struct input_open *open)
{
    int error = errno;
    struct stat file;

    if (open->fd < 0 && error == ENXIO) {
        name_call(open);
        input_call_record_result(&open->call, open->fd);
    }
    if (open->fd < 0 || raw_syscall2(SYS_fstat, open->fd, (long)&file) < 0)
        return open->fd;
    if (S_ISREG(file.st_mode) && descriptor_class_is_unknown(open->fd))
        descriptor_class_set(open->fd, DESCRIPTOR_FILE);
    if (!is_concerned(&file))
        return open->fd;
    name_call(open);
    uint8_t class = (uint8_t)descriptor_class_learn(open->fd);
    input_call_record_bytes(&open->call, open->fd, &class, sizeof class);
    return open->fd;
}

/* A link there may lead to a file of a disk (/proc/self/exe). */
static bool is_of_kernel(const struct input_open *open)
{
    struct statfs found;

    if ((open->flags & (O_ACCMODE | O_DIRECTORY | O_PATH)) != O_RDONLY ||
        (strncmp(open->path, "/proc/", 6) != 0 && strncmp(open->path, "/sys/", 5) != 0))
        return false;
    return raw_syscall2(SYS_fstatfs, open->fd, (long)&found) == 0 &&
           (found.f_type == PROC_SUPER_MAGIC || found.f_type == SYSFS_MAGIC);
}

static void note_class(const struct input_open *open)
{
    if (open->fd < 0 || open->fd >= DESCRIPTOR_CLASSES)
        return;
    descriptor_class_set(open->fd, DESCRIPTOR_UNKNOWN);
    if (is_of_kernel(open)) {
        descriptor_class_set(open->fd, DESCRIPTOR_PROC);
        descriptor_names[open->fd] = (uint32_t)hash(open->path);
    }
}

static int done(struct input_open *open)
{
    uint8_t class = DESCRIPTOR_PIPE;
    int64_t result = open->fd;

    if (!open->concerned) {
        note_class(open);
        return input_mode() == INPUT_RECORDED ? keep(open) : open->fd;
    }
    if (!input_call_is_fed(&open->call, &result) || result < 0)
        return (int)result;
    input_call_copy(&open->call, 0, &class, sizeof class);
    descriptor_class_stand_in((int)result, (enum descriptor_class) class, (open->flags & O_CLOEXEC) != 0);
    return (int)result;
}

/* As for everybody who opens a file: what it is in /proc, and what it holds before it is written to. */
static int opened(struct input_open *open)
{
    int fd = done(open);

    if (fd >= 0) {
        proc_opened(fd, open->path);
        undo_opened(fd, open->flags);
    }
    return fd;
}

static int on_open(const char *path, int flags, mode_t mode)
{
    char buffer[PROC_PATH_SIZE];
    struct input_open open;

    if (is_made(&open, AT_FDCWD, path, flags))
        open.fd = libc_open(proc_true_path(path, buffer), flags, mode);
    return opened(&open);
}

static int on_openat(int directory, const char *path, int flags, mode_t mode)
{
    char buffer[PROC_PATH_SIZE];
    struct input_open open;

    if (is_made(&open, directory, path, flags))
        open.fd = libc_openat(directory, proc_true_path(path, buffer), flags, mode);
    return opened(&open);
}

static int on_creat(const char *path, mode_t mode)
{
    int fd = libc_creat(path, mode);

    if (fd >= 0)
        descriptor_class_set(fd, DESCRIPTOR_UNKNOWN);
    return fd;
}

static const struct libc_hook rows[] = {
    LIBC_HOOK("open64", on_open, libc_open),
    LIBC_HOOK("openat64", on_openat, libc_openat),
    LIBC_HOOK("creat64", on_creat, libc_creat),
};
const struct libc_hooks open_hooks = LIBC_HOOKS(rows);
