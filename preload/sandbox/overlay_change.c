/* SPDX-License-Identifier: MIT */
/* Changing files by name: see overlay.h. A file of the replay's own is changed; of the user's file only the
 * length is worth a copy: its owner, permissions and times are taken for changed. */
#define _GNU_SOURCE
#include <errno.h>
#include <fcntl.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "run/notes.h"
#include "sandbox/open_files.h"
#include "sandbox/overlay.h"
#include "sandbox/place.h"

static struct place place;

static long cut_ours(long size)
{
    int fd = (int)place_ours(&place, SYS_openat, O_WRONLY | O_NOFOLLOW | O_CLOEXEC, 0);
    int r = fd < 0 ? fd : kernel_ftruncate(fd, size);

    kernel_close(fd);
    return r;
}

static long cut(long size)
{
    if (place.kind == PLACE_NOWHERE)
        return -ENOENT;
    if (place.kind != PLACE_OURS && place_is_directory(&place))
        return -EISDIR;
    if (place.kind == PLACE_OURS)
        return cut_ours(size);
    if (place.kind == PLACE_PROC || (place.kind == PLACE_REAL && !S_ISREG(place.real.stx_mode)) || size < 0)
        return -EINVAL;
    int r = place.kind == PLACE_REAL ? kernel_access(place_path(&place), W_OK) : 0;
    int fd = r < 0 ? r : place_private(&place, (uint64_t)size);
    return fd < 0 ? fd : kernel_ftruncate(fd, size);
}

long overlay_truncate(struct trap *trap)
{
    int r = place_find(&place, AT_FDCWD, trap->argument[0], true);

    return r < 0 ? r : cut(trap->argument[1]);
}

/* Returns 0 or -errno; *fd: the private file, or -1 where the change is to be taken for made. */
static int find_private(const struct trap *trap, bool follow, int *fd)
{
    int r = place_find(&place, (int)trap->argument[0], trap->argument[1], follow);

    if (r < 0)
        return r;
    if (place.kind == PLACE_REAL || place.kind == PLACE_PROC)
        notes_add("%s of %s was not done", trap->name, place_path(&place));
    *fd = place.kind == PLACE_PRIVATE ? place.fd : -1;
    return place.kind == PLACE_NOWHERE ? -ENOENT : 0;
}

long overlay_fchmodat(struct trap *trap)
{
    int fd, r = find_private(trap, true, &fd);

    return r < 0 || fd < 0 ? r : kernel_fchmod(fd, (mode_t)trap->argument[2] & 07777);
}

/* Owners and times of a private file are nobody's business. */
static long change_nothing(struct trap *trap, long flags)
{
    int fd;

    if ((flags & AT_EMPTY_PATH) != 0 && place_is_empty_name(trap->argument[1]))
        return open_files_change(trap);
    return find_private(trap, (flags & AT_SYMLINK_NOFOLLOW) == 0, &fd);
}

long overlay_fchownat(struct trap *trap)
{
    return change_nothing(trap, trap->argument[4]);
}

/* Without a name it is futimens(). */
long overlay_utimensat(struct trap *trap)
{
    if (trap->argument[1] == 0 && (int)trap->argument[0] != AT_FDCWD)
        return open_files_change(trap);
    return change_nothing(trap, trap->argument[3]);
}
