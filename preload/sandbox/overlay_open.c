/* SPDX-License-Identifier: MIT */
/* Opening files by name: see overlay.h. */
#define _GNU_SOURCE
#include <errno.h>
#include <fcntl.h>
#include <linux/openat2.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/sysmacros.h>
#include <unistd.h>

#include "base/high_number.h"
#include "base/kernel.h"
#include "base/memory_device.h"
#include "base/user_memory.h"
#include "restore/private_files.h"
#include "restore/written_files.h"
#include "run/notes.h"
#include "run/run.h"
#include "sandbox/open_files.h"
#include "sandbox/overlay.h"
#include "sandbox/place.h"
#include "sandbox/place_walk.h"
#include "sandbox/removed_directory.h"

/* What means something for a file that is there. */
#define REOPEN_FLAGS (~(O_CREAT | O_EXCL | O_NOFOLLOW | O_NOCTTY | O_DIRECTORY | (O_TMPFILE & ~O_DIRECTORY)))

static bool wants_to_write(int flags)
{
    return (flags & O_ACCMODE) != O_RDONLY || (flags & O_TRUNC) != 0;
}

static long open_path(const char *path, int flags, unsigned mode)
{
    return kernel_openat(AT_FDCWD, path, flags, mode);
}

/* Links were followed before. */
static long open_ours(const struct place *place, int flags, unsigned mode)
{
    struct stat file;
    long r = place_ours(place, SYS_openat, flags | O_NOFOLLOW, mode);

    if (r >= 0 && (flags & O_CREAT) != 0 && kernel_fstat((int)r, &file) == 0 &&
        (file.st_mode & 0600) != 0600) /* the umask forbids the user what it is made for */
        kernel_fchmod((int)r, (file.st_mode & 07777) | 0600);
    return r;
}

/* The permissions hold from the next time on that the file is opened. */
static long create(struct place *place, int flags, unsigned mode)
{
    int r = place->is_directory_name ? -EISDIR : place_may_change(place);

    if (r < 0)
        return r;
    int fd = place_private(place, 0);
    if (fd < 0)
        return fd;
    r = private_file_reopen(fd, flags & REOPEN_FLAGS & ~O_TRUNC);
    kernel_fchmod(fd, mode & 07777 & ~place_umask());
    return r;
}

static long open_nowhere(struct place *place, int flags, unsigned mode)
{
    if ((flags & O_CREAT) != 0)
        return create(place, flags, mode);
    if (place->is_new)
        notes_add_cause("%s was made after the snapshot; the replay does not see it", place->path);
    return -ENOENT;
}

static long open_private(const struct place *place, int flags)
{
    if ((flags & (O_CREAT | O_EXCL)) == (O_CREAT | O_EXCL))
        return -EEXIST;
    if ((flags & O_DIRECTORY) != 0)
        return -ENOTDIR;
    return private_file_reopen(place->fd, flags & REOPEN_FLAGS);
}

/* The kernel opens it where it would be allowed to be written to: asked before it is copied. */
static long open_real_file(struct place *place, int flags)
{
    if (!wants_to_write(flags) || (flags & O_PATH) != 0) {
        if ((flags & O_PATH) == 0 && place_is_changed(place))
            notes_add_cause("%s was changed after the snapshot", place->path);
        return open_path(place_path(place), flags & ~(O_CREAT | O_EXCL), 0);
    }
    int r = kernel_access(place_path(place), (flags & O_ACCMODE) == O_WRONLY ? W_OK : R_OK | W_OK);
    if (r < 0)
        return r;
    int fd = place_private(place, (flags & O_TRUNC) != 0 ? 0 : UINT64_MAX);
    return fd < 0 ? fd : private_file_reopen(fd, flags & REOPEN_FLAGS);
}

/* Whoever is at the other end must not notice. */
static long open_null(const struct place *place, int flags)
{
    notes_add("%s was not opened, but /dev/null in its place", place->path);
    return open_path("/dev/null", flags & REOPEN_FLAGS, 0);
}

static long open_real(struct place *place, int flags)
{
    bool is_directory = S_ISDIR(place->real.stx_mode);

    if ((flags & (O_CREAT | O_EXCL)) == (O_CREAT | O_EXCL))
        return -EEXIST;
    if ((flags & O_DIRECTORY) != 0 && !is_directory)
        return -ENOTDIR;
    if (is_directory && (wants_to_write(flags) || (flags & O_CREAT) != 0))
        return -EISDIR;
    if ((flags & O_PATH) != 0)
        return open_path(place_path(place), flags, 0);
    switch (place->real.stx_mode & S_IFMT) {
    case S_IFREG:
        return open_real_file(place, flags);
    case S_IFCHR:
        if (memory_device_find(makedev(place->real.stx_rdev_major, place->real.stx_rdev_minor)) != NULL)
            return open_path(place_path(place), flags & ~O_CREAT, 0);
        return open_null(place, flags);
    case S_IFIFO:
        return open_null(place, flags);
    case S_IFBLK:
        if (!wants_to_write(flags))
            return open_path(place_path(place), flags & ~O_CREAT, 0);
        notes_add("%s was not opened", place->path);
        return -EACCES;
    default: /* directories, links (an error of the kernel's), sockets (the same) */
        return open_path(place_path(place), flags & ~O_CREAT, 0);
    }
}

/* A file without a name is the replay's own, but for one that the original reads. What else is open for
 * writing (/dev/stdout) goes on where it is. */
static long open_descriptor(const struct place *place, int fd, int flags)
{
    struct stat file;

    if (kernel_fstat(fd, &file) < 0)
        return -ENOENT;
    bool is_private = file.st_nlink == 0 || written_files_has(file.st_dev, file.st_ino);
    if (S_ISREG(file.st_mode) && is_private && open_files_is_own(fd))
        return open_path(place->path, flags, 0);
    if (open_files_is_own(fd))
        return kernel_fcntl(fd, (flags & O_CLOEXEC) != 0 ? F_DUPFD_CLOEXEC : F_DUPFD, 0);
    return -EACCES;
}

/* What is written there would be the machine's or another process's. */
static long open_in_proc(const struct place *place, int flags)
{
    int fd = place_walk_number(place->path, "/proc/self/fd/", "");
    long r = -EACCES;

    flags &= ~(O_CREAT | O_EXCL);
    if (!wants_to_write(flags) || (flags & O_PATH) != 0)
        return open_path(place->path, flags, 0);
    if (fd >= 0)
        r = open_descriptor(place, fd, flags);
    else if (place_walk_number(place->path, "/proc/self/task/", "/comm") >= 0)
        return open_path(place->path, flags, 0);
    /* Who writes code asks for the memory first, as our own hooks do, and has another way. */
    if (r == -EACCES && strcmp(place->path, "/proc/thread-self/mem") != 0 &&
        strcmp(place->path, "/proc/self/mem") != 0)
        notes_add("%s was not opened", place->path);
    return r;
}

static long open_temporary(const struct place *place, int flags, unsigned mode)
{
    if (place->kind == PLACE_OURS)
        return open_ours(place, flags, mode);
    if (place->kind == PLACE_NOWHERE)
        return -ENOENT;
    if (!place_is_directory(place))
        return -ENOTDIR;
    int own = place_unnamed();
    if (own < 0)
        return own;
    int fd = private_file_reopen(own, flags & REOPEN_FLAGS);
    kernel_close(own);
    return fd;
}

/* The original has made one too; or it had one at the snapshot, and has removed it since. */
static long open_made(const struct place *place, int flags)
{
    long r = open_path(place->path, flags, 0);

    const bool is_there = r != -ENOENT;
    if (!is_there)
        r = open_path("/", flags, 0);
    removed_directory_opened((int)r, is_there ? NULL : place->name->path);
    return r;
}

static long open_place(struct place *place, int flags, unsigned mode)
{
    if ((flags & O_TMPFILE) == O_TMPFILE)
        return open_temporary(place, flags, mode);
    switch (place->kind) {
    case PLACE_NOWHERE:
        return open_nowhere(place, flags, mode);
    case PLACE_PRIVATE:
        return open_private(place, flags);
    case PLACE_LINK:
        return -ELOOP;
    case PLACE_DIRECTORY:
        if (wants_to_write(flags) || (flags & O_CREAT) != 0)
            return -EISDIR;
        return open_made(place, flags);
    case PLACE_OURS:
        return open_ours(place, flags, mode);
    case PLACE_PROC:
        return open_in_proc(place, flags);
    default:
        return open_real(place, flags);
    }
}

/* What a tracer opens here the original has not opened. Were it among the simulator's descriptors, these
 * would get other numbers than they had, and other input. */
static long open_name(int directory, long user_path, int flags, unsigned mode)
{
    static struct place place;
    /* A name that must be new is not followed, and a link there makes it an old one. */
    bool follow = (flags & O_NOFOLLOW) == 0 && (flags & (O_CREAT | O_EXCL)) != (O_CREAT | O_EXCL);
    long r = place_find(&place, directory, user_path, follow);

    if (r == 0)
        r = open_place(&place, flags, mode);
    if (r >= 0 && place.kind != PLACE_DIRECTORY)
        removed_directory_opened((int)r, NULL);
    bool is_waveform = place.kind == PLACE_OURS || run.hooks->wave_at_work();
    return r >= 0 && is_waveform ? high_number_move((int)r) : r;
}

long overlay_openat(struct trap *trap)
{
    return open_name((int)trap->argument[0], trap->argument[1], (int)trap->argument[2],
                     (unsigned)trap->argument[3]);
}

/* Its callers can live without it: it is young. */
long overlay_openat2(struct trap *trap)
{
    struct open_how how = {0};

    if (trap->argument[3] < (long)sizeof how)
        return -EINVAL;
    if (user_memory_read(&how, trap->argument[2], sizeof how) < 0)
        return -EFAULT;
    if (how.resolve != 0)
        return -ENOSYS;
    return open_name((int)trap->argument[0], trap->argument[1], (int)how.flags, (unsigned)how.mode);
}
