/* SPDX-License-Identifier: MIT */
/* Looking at names: see overlay.h. All is answered from statx(), which knows more than the older calls. */
#define _GNU_SOURCE
#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/sysmacros.h>

#include "base/fd_name.h"
#include "base/kernel.h"
#include "base/user_memory.h"
#include "restore/private_files.h"
#include "run/notes.h"
#include "sandbox/overlay.h"
#include "sandbox/place.h"

static struct place place;

/* What the replay has made without a file behind it. */
static void describe_made(struct statx *status)
{
    memset(status, 0, sizeof *status);
    status->stx_mask = STATX_BASIC_STATS;
    status->stx_blksize = 4096;
    status->stx_uid = kernel_geteuid();
    status->stx_gid = (uint32_t)raw_syscall0(SYS_getegid);
    status->stx_ino = (uint64_t)(uintptr_t)place.name;
    if (place.kind == PLACE_DIRECTORY) {
        status->stx_mode = (uint16_t)(S_IFDIR | place.name->mode);
        status->stx_nlink = 2;
    } else {
        status->stx_mode = S_IFLNK | 0777;
        status->stx_nlink = 1;
        status->stx_size = strlen(place.name->link);
    }
}

/* Of the user's file that it stands for, as descriptors tell it. Returns whether there is one. */
static bool tell_original_number(struct statx *status)
{
    dev_t device = makedev(status->stx_dev_major, status->stx_dev_minor);
    ino_t inode = status->stx_ino;

    if (!private_file_original(&device, &inode))
        return false;
    status->stx_dev_major = major(device);
    status->stx_dev_minor = minor(device);
    status->stx_ino = inode;
    return true;
}

/* For the kernel it has no name. A user's file has had one, as far as we know. */
static void describe_private(struct statx *status)
{
    int links = tell_original_number(status) ? 1 : 0;

    links += names_links(&place_names, place.fd);
    status->stx_nlink = links > 1 ? (uint32_t)links : 1;
}

static int look_at_place(struct statx *status, int flags, unsigned mask)
{
    int r;

    switch (place.kind) {
    case PLACE_NOWHERE:
        return -ENOENT;
    case PLACE_PRIVATE:
        r = (int)raw_syscall5(SYS_statx, place.fd, "", AT_EMPTY_PATH, mask, status);
        describe_private(status);
        return r;
    case PLACE_DIRECTORY:
    case PLACE_LINK:
        describe_made(status);
        return 0;
    case PLACE_REAL:
        if (S_ISREG(place.real.stx_mode) && place_is_changed(&place))
            notes_add_cause("%s was changed after the snapshot", place.path);
        break;
    default:
        break;
    }
    return (int)raw_syscall5(SYS_statx, AT_FDCWD, place_path(&place), flags, mask, status);
}

static int look(const struct trap *trap, int flags, unsigned mask, struct statx *status)
{
    const int directory = (int)trap->argument[0];
    const long user_path = trap->argument[1];

    if ((flags & AT_EMPTY_PATH) != 0 && (user_path == 0 || place_is_empty_name(user_path)))
        return (int)raw_syscall5(SYS_statx, directory, "", flags, mask, status);
    int r = place_find(&place, directory, user_path, (flags & AT_SYMLINK_NOFOLLOW) == 0);
    return r < 0 ? r : look_at_place(status, flags & ~AT_EMPTY_PATH, mask);
}

static struct timespec to_timespec(const struct statx_timestamp *time)
{
    return (struct timespec){time->tv_sec, time->tv_nsec};
}

static void convert(const struct statx *from, struct stat *to)
{
    memset(to, 0, sizeof *to);
    to->st_dev = makedev(from->stx_dev_major, from->stx_dev_minor);
    to->st_ino = from->stx_ino;
    to->st_nlink = from->stx_nlink;
    to->st_mode = from->stx_mode;
    to->st_uid = from->stx_uid;
    to->st_gid = from->stx_gid;
    to->st_rdev = makedev(from->stx_rdev_major, from->stx_rdev_minor);
    to->st_size = (off_t)from->stx_size;
    to->st_blksize = (blksize_t)from->stx_blksize;
    to->st_blocks = (blkcnt_t)from->stx_blocks;
    to->st_atim = to_timespec(&from->stx_atime);
    to->st_mtim = to_timespec(&from->stx_mtime);
    to->st_ctim = to_timespec(&from->stx_ctime);
}

long overlay_newfstatat(struct trap *trap)
{
    static struct statx status;
    struct stat converted;
    int r = look(trap, (int)trap->argument[3], STATX_BASIC_STATS, &status);

    if (r < 0)
        return r;
    convert(&status, &converted);
    return user_memory_write(trap->argument[2], &converted, sizeof converted);
}

long overlay_statx(struct trap *trap)
{
    struct statx status;
    int r = look(trap, (int)trap->argument[2], (unsigned)trap->argument[3], &status);

    return r < 0 ? r : user_memory_write(trap->argument[4], &status, sizeof status);
}

long overlay_faccessat2(struct trap *trap)
{
    const int mode = (int)trap->argument[2];
    const long flags = trap->argument[3];

    if ((flags & AT_EMPTY_PATH) != 0 && place_is_empty_name(trap->argument[1]))
        return 0;
    int r = place_find(&place, (int)trap->argument[0], trap->argument[1], (flags & AT_SYMLINK_NOFOLLOW) == 0);
    if (r < 0 || place.kind == PLACE_DIRECTORY || place.kind == PLACE_LINK)
        return r;
    if (place.kind == PLACE_NOWHERE)
        return -ENOENT;
    return kernel_access(place.kind == PLACE_PRIVATE ? fd_name(place.fd).path : place_path(&place), mode);
}

static long read_made_link(long result, long size)
{
    long length = (long)strlen(place.name->link), r = length < size ? length : size;

    if (size <= 0)
        return -EINVAL;
    return user_memory_write(result, place.name->link, (size_t)r) < 0 ? -EFAULT : r;
}

/* An empty name is the descriptor of a link itself. */
long overlay_readlinkat(struct trap *trap)
{
    const long result = trap->argument[2], size = trap->argument[3];

    if (place_is_empty_name(trap->argument[1]))
        return raw_syscall4(SYS_readlinkat, trap->argument[0], "", result, size);
    int r = place_find(&place, (int)trap->argument[0], trap->argument[1], false);
    if (r < 0)
        return r;
    switch (place.kind) {
    case PLACE_NOWHERE:
        return -ENOENT;
    case PLACE_LINK:
        return read_made_link(result, size);
    case PLACE_PRIVATE:
    case PLACE_DIRECTORY:
        return -EINVAL;
    default:
        return raw_syscall4(SYS_readlinkat, AT_FDCWD, place_path(&place), result, size);
    }
}

/* A directory that the replay has made is the one that the original has made, where it is still there. */
long overlay_chdir(struct trap *trap)
{
    int r = place_find(&place, AT_FDCWD, trap->argument[0], true);

    if (r < 0)
        return r;
    if (place.kind == PLACE_NOWHERE)
        return -ENOENT;
    if (place.kind == PLACE_PRIVATE)
        return -ENOTDIR;
    r = (int)raw_syscall1(SYS_chdir, place_path(&place));
    if (r == -ENOENT && place.kind == PLACE_DIRECTORY)
        notes_add_cause("%s is not there any more", place.path);
    return r;
}
