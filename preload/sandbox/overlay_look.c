/* SPDX-License-Identifier: MIT */
/* Looking at names: see overlay.h. All is answered from statx(), which knows more than the older calls. */
#define _GNU_SOURCE
#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/sysmacros.h>
#include <unistd.h>

#include "base/raw_syscall.h"
#include "base/text.h"
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
    status->stx_uid = (uint32_t)raw_syscall0(SYS_geteuid);
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

/* Of the user's file that it stands for, as descriptors tell it. */
static void tell_original_number(struct statx *status)
{
    dev_t device = makedev(status->stx_dev_major, status->stx_dev_minor);
    ino_t inode = status->stx_ino;

    if (!private_file_original(&device, &inode))
        return;
    status->stx_dev_major = major(device);
    status->stx_dev_minor = minor(device);
    status->stx_ino = inode;
}

static long look_at_place(struct statx *status, int flags, unsigned mask)
{
    long r;

    switch (place.kind) {
    case PLACE_NOWHERE:
        return -ENOENT;
    case PLACE_PRIVATE:
        r = raw_syscall5(SYS_statx, place.fd, (long)"", AT_EMPTY_PATH, mask, (long)status);
        status->stx_nlink = 1;
        tell_original_number(status);
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
    return raw_syscall5(SYS_statx, AT_FDCWD, (long)place_path(&place), flags, mask, (long)status);
}

/* With the lock. */
static long look(int directory, long user_path, int flags, unsigned mask, struct statx *status)
{
    bool follow = (flags & AT_SYMLINK_NOFOLLOW) == 0;
    char first = 'x';

    if ((flags & AT_EMPTY_PATH) != 0 && (user_path == 0 || user_read(&first, user_path, 1) == 0) &&
        (user_path == 0 || first == '\0'))
        return raw_syscall5(SYS_statx, directory, (long)"", flags, mask, (long)status);
    long r = place_find(&place, directory, user_path, follow);
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

static long stat_name(int directory, long user_path, long result, int flags)
{
    static struct statx status;
    struct stat converted;

    place_lock();
    long r = look(directory, user_path, flags, STATX_BASIC_STATS, &status);
    if (r == 0)
        convert(&status, &converted);
    place_unlock();
    return r < 0 ? r : user_write(result, &converted, sizeof converted);
}

long overlay_stat(struct trap *trap)
{
    return stat_name(AT_FDCWD, trap->argument[0], trap->argument[1], 0);
}

long overlay_lstat(struct trap *trap)
{
    return stat_name(AT_FDCWD, trap->argument[0], trap->argument[1], AT_SYMLINK_NOFOLLOW);
}

long overlay_newfstatat(struct trap *trap)
{
    return stat_name((int)trap->argument[0], trap->argument[1], trap->argument[2], (int)trap->argument[3]);
}

long overlay_statx(struct trap *trap)
{
    struct statx status;

    place_lock();
    long r = look((int)trap->argument[0], trap->argument[1], (int)trap->argument[2],
                  (unsigned)trap->argument[3], &status);
    place_unlock();
    return r < 0 ? r : user_write(trap->argument[4], &status, sizeof status);
}

static long access_private(int mode)
{
    char path[32];
    struct text text;

    text_init(&text, path, sizeof path);
    text_format(&text, "/proc/self/fd/%d", place.fd);
    return raw_syscall3(SYS_faccessat, AT_FDCWD, (long)path, mode);
}

static long access_name(int directory, long user_path, int mode, int flags)
{
    char first;

    if ((flags & AT_EMPTY_PATH) != 0 && user_read(&first, user_path, 1) == 0 && first == '\0')
        return 0;
    place_lock();
    long r = place_find(&place, directory, user_path, (flags & AT_SYMLINK_NOFOLLOW) == 0);
    if (r == 0 && place.kind == PLACE_NOWHERE)
        r = -ENOENT;
    else if (r == 0 && place.kind == PLACE_PRIVATE)
        r = access_private(mode);
    else if (r == 0 && place.kind != PLACE_DIRECTORY && place.kind != PLACE_LINK)
        r = raw_syscall3(SYS_faccessat, AT_FDCWD, (long)place_path(&place), mode);
    place_unlock();
    return r;
}

long overlay_access(struct trap *trap)
{
    return access_name(AT_FDCWD, trap->argument[0], (int)trap->argument[1], 0);
}

/* The older of the two has no flags. */
long overlay_faccessat(struct trap *trap)
{
    int flags = trap->number == SYS_faccessat ? 0 : (int)trap->argument[3];

    return access_name((int)trap->argument[0], trap->argument[1], (int)trap->argument[2], flags);
}

static long read_link(int directory, long user_path, long result, long size)
{
    place_lock();
    long r = place_find(&place, directory, user_path, false);
    if (r < 0)
        ;
    else if (place.kind == PLACE_NOWHERE)
        r = -ENOENT;
    else if (place.kind == PLACE_LINK) {
        long length = (long)strlen(place.name->link);
        r = length < size ? length : size;
        if (size <= 0)
            r = -EINVAL;
        else if (user_write(result, place.name->link, (size_t)r) < 0)
            r = -EFAULT;
    } else if (place.kind == PLACE_PRIVATE || place.kind == PLACE_DIRECTORY)
        r = -EINVAL;
    else
        r = raw_syscall4(SYS_readlinkat, AT_FDCWD, (long)place_path(&place), result, size);
    place_unlock();
    return r;
}

long overlay_readlink(struct trap *trap)
{
    return read_link(AT_FDCWD, trap->argument[0], trap->argument[1], trap->argument[2]);
}

/* An empty name is the descriptor of a link itself. */
long overlay_readlinkat(struct trap *trap)
{
    char first = 'x';

    if (user_read(&first, trap->argument[1], 1) == 0 && first == '\0')
        return raw_syscall4(SYS_readlinkat, trap->argument[0], (long)"", trap->argument[2],
                            trap->argument[3]);
    return read_link((int)trap->argument[0], trap->argument[1], trap->argument[2], trap->argument[3]);
}

/* A directory that the replay has made is the one that the original has made, where it is still there. */
long overlay_chdir(struct trap *trap)
{
    place_lock();
    long r = place_find(&place, AT_FDCWD, trap->argument[0], true);
    if (r == 0 && place.kind == PLACE_NOWHERE)
        r = -ENOENT;
    else if (r == 0 && place.kind == PLACE_PRIVATE)
        r = -ENOTDIR;
    else if (r == 0)
        r = raw_syscall1(SYS_chdir, (long)place_path(&place));
    if (r == -ENOENT && place.kind == PLACE_DIRECTORY)
        notes_add_cause("%s is not there any more", place.path);
    place_unlock();
    return r;
}
