/* SPDX-License-Identifier: MIT */
/* Changing files by name: see overlay.h. A file of the replay's own is changed; of the user's file only the
 * length is worth a copy: its owner, permissions and times are taken for changed. */
#define _GNU_SOURCE
#include <errno.h>
#include <fcntl.h>
#include <sys/stat.h>
#include <sys/syscall.h>

#include "base/raw_syscall.h"
#include "base/user_memory.h"
#include "run/notes.h"
#include "run/run_directory.h"
#include "sandbox/calls.h"
#include "sandbox/descriptors.h"
#include "sandbox/overlay.h"
#include "sandbox/place.h"

static struct place place;

static long cut_ours(long size)
{
    const char *name;
    int directory = place_ours(&place, &name);
    int fd = directory < 0
                 ? directory
                 : (int)raw_syscall4(SYS_openat, directory, (long)name, O_WRONLY | O_NOFOLLOW | O_CLOEXEC, 0);
    long r = fd < 0 ? fd : raw_syscall2(SYS_ftruncate, fd, size);

    if (fd >= 0)
        raw_syscall1(SYS_close, fd);
    run_directory_leave(directory);
    return r;
}

static long cut(long size)
{
    if (place.kind == PLACE_NOWHERE)
        return -ENOENT;
    if (place.kind == PLACE_DIRECTORY || (place.kind == PLACE_REAL && S_ISDIR(place.real.stx_mode)))
        return -EISDIR;
    if (place.kind == PLACE_OURS)
        return cut_ours(size);
    if (place.kind == PLACE_PROC || (place.kind == PLACE_REAL && !S_ISREG(place.real.stx_mode)) || size < 0)
        return -EINVAL;
    if (place.kind == PLACE_REAL) {
        long r = raw_syscall3(SYS_faccessat, AT_FDCWD, (long)place.path, W_OK);
        if (r < 0)
            return r;
    }
    int fd = place_private(&place, (uint64_t)size);
    return fd < 0 ? fd : raw_syscall2(SYS_ftruncate, fd, size);
}

long overlay_truncate(struct trap *trap)
{
    place_lock();
    long r = place_find(&place, AT_FDCWD, trap->argument[0], true);
    if (r == 0)
        r = cut(trap->argument[1]);
    place_unlock();
    return r;
}

/* Returns a private file, -1 where the change is to be taken for made, or another -errno. */
static long find_private(const struct trap *trap, int directory, long user_path, bool follow)
{
    long r = place_find(&place, directory, user_path, follow);

    if (r < 0)
        return r;
    if (place.kind == PLACE_NOWHERE)
        return -ENOENT;
    if (place.kind == PLACE_PRIVATE)
        return place.fd;
    if (place.kind == PLACE_REAL || place.kind == PLACE_PROC)
        notes_add("%s of %s was not done", calls_find(trap->number)->name, place_path(&place));
    return -1;
}

static long change_mode(const struct trap *trap, int directory, long user_path, unsigned mode)
{
    place_lock();
    long fd = find_private(trap, directory, user_path, true);
    long r = fd >= 0 ? raw_syscall2(SYS_fchmod, fd, mode & 07777) : fd;
    place_unlock();
    return fd == -1 ? 0 : r;
}

long overlay_chmod(struct trap *trap)
{
    return change_mode(trap, AT_FDCWD, trap->argument[0], (unsigned)trap->argument[1]);
}

long overlay_fchmodat(struct trap *trap)
{
    return change_mode(trap, (int)trap->argument[0], trap->argument[1], (unsigned)trap->argument[2]);
}

/* Owners and times of a private file are nobody's business. */
static long change_nothing(const struct trap *trap, int directory, long user_path, bool follow)
{
    place_lock();
    long r = find_private(trap, directory, user_path, follow);
    place_unlock();
    return r >= 0 || r == -1 ? 0 : r;
}

long overlay_chown(struct trap *trap)
{
    return change_nothing(trap, AT_FDCWD, trap->argument[0], true);
}

static bool is_empty(long user_path)
{
    char first = 'x';

    return user_path == 0 || (user_read(&first, user_path, 1) == 0 && first == '\0');
}

long overlay_fchownat(struct trap *trap)
{
    long flags = trap->argument[4];

    if ((flags & AT_EMPTY_PATH) != 0 && is_empty(trap->argument[1]))
        return descriptors_change(trap);
    return change_nothing(trap, (int)trap->argument[0], trap->argument[1],
                          (flags & AT_SYMLINK_NOFOLLOW) == 0);
}

/* Without a name it is futimens(). */
long overlay_utimensat(struct trap *trap)
{
    if (is_empty(trap->argument[1]))
        return descriptors_change(trap);
    return change_nothing(trap, (int)trap->argument[0], trap->argument[1], true);
}
