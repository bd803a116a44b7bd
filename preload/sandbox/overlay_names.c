/* SPDX-License-Identifier: MIT */
/* Making, removing and renaming names: see overlay.h. In the run directory they are what they are; elsewhere
 * they change the table of names only. */
#define _GNU_SOURCE
#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <linux/fs.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/syscall.h>

#include "base/kernel.h"
#include "base/text.h"
#include "base/user_memory.h"
#include "run/notes.h"
#include "run/run_directory.h"
#include "sandbox/overlay.h"
#include "sandbox/place.h"

static struct place one, other;
static char text[PATH_MAX];

/* /proc has no names that anybody makes or removes. Returns 0 or -errno. */
static int find_to_change(struct place *place, int directory, long user_path)
{
    int r = place_find(place, directory, user_path, false);

    if (r == 0 && place->kind == PLACE_PROC)
        r = -EPERM;
    if (r == 0 && place->kind != PLACE_OURS)
        r = place_may_change(place);
    return r;
}

/* Of a user's file it is noted that it has a name less. */
static int take_name(const struct place *place)
{
    const struct name *name = names_find(&place_names, place->path);
    const bool is_users = place->kind == PLACE_PRIVATE &&
                          (name == NULL || name->kind == NAME_ELSEWHERE || name->kind == NAME_KEPT);

    return place_set_name(place->path, &(struct name){.kind = NAME_GONE, .fd = is_users ? place->fd : 0});
}

/* --- removing --- */

/* Is something in this directory of the user's that the replay sees? */
static bool has_entries(const struct place *directory)
{
    static char entries[4096];
    bool found = false;
    long size;
    int fd = kernel_open(place_path(directory), O_RDONLY | O_DIRECTORY | O_CLOEXEC);

    while (!found && (size = raw_syscall3(SYS_getdents64, fd, entries, sizeof entries)) > 0)
        for (long at = 0; at < size && !found;) {
            const struct dirent64 *entry = (const struct dirent64 *)(void *)(entries + at);

            at += entry->d_reclen;
            if (strcmp(entry->d_name, ".") == 0 || strcmp(entry->d_name, "..") == 0)
                continue;
            text_print(text, sizeof text, "%s/%s", directory->path, entry->d_name);
            const struct name *name = names_find(&place_names, text);
            found = name == NULL || name->kind != NAME_GONE;
        }
    kernel_close(fd);
    return found || names_has_below(&place_names, directory->path);
}

static long remove_place(const struct place *place, bool as_directory)
{
    if (place->kind == PLACE_NOWHERE)
        return -ENOENT;
    if (place_is_directory(place) != as_directory)
        return as_directory ? -ENOTDIR : -EISDIR;
    if (as_directory &&
        (place->kind == PLACE_REAL ? has_entries(place) : names_has_below(&place_names, place->path)))
        return -ENOTEMPTY;
    return take_name(place);
}

long overlay_unlinkat(struct trap *trap)
{
    const long flags = trap->argument[2];
    int r = find_to_change(&one, (int)trap->argument[0], trap->argument[1]);

    if (r < 0 || (flags & ~AT_REMOVEDIR) != 0)
        return r < 0 ? r : -EINVAL;
    if (one.kind == PLACE_OURS)
        return place_ours(&one, SYS_unlinkat, flags, 0);
    return remove_place(&one, (flags & AT_REMOVEDIR) != 0);
}

/* --- renaming --- */

/* What `to` is to be from now on: what `from` is. Returns 0 or -errno. */
static int take_as(struct place *from, struct name *what)
{
    *what = (struct name){.kind = NAME_FILE};
    switch (from->kind) {
    case PLACE_NOWHERE:
        return -ENOENT;
    case PLACE_DIRECTORY:
    case PLACE_LINK:
        *what = *from->name;
        return 0;
    case PLACE_REAL:
        if (S_ISLNK(from->real.stx_mode)) {
            long length = kernel_readlink(place_path(from), text, sizeof text);
            if (length < 0)
                return (int)length;
            what->kind = NAME_LINK;
            what->link = text;
            return 0;
        }
        if (!S_ISREG(from->real.stx_mode)) {
            what->kind = NAME_ELSEWHERE;
            what->link = place_path(from);
            return 0;
        }
        break;
    default:
        break;
    }
    what->fd = place_private(from, UINT64_MAX);
    return what->fd < 0 ? what->fd : 0;
}

static int may_replace(const struct place *from, const struct place *to, unsigned flags)
{
    if (to->kind == PLACE_NOWHERE)
        return from->is_directory_name && !place_is_directory(from) ? -ENOTDIR : 0;
    if ((flags & RENAME_NOREPLACE) != 0)
        return -EEXIST;
    if (place_is_directory(to) != place_is_directory(from))
        return place_is_directory(to) ? -EISDIR : -ENOTDIR;
    if (place_is_directory(to) && (to->kind == PLACE_REAL || names_has_below(&place_names, to->path)))
        return -ENOTEMPTY;
    return 0;
}

static long rename_ours(unsigned flags)
{
    int directory = run_directory_take();
    long r = directory < 0 ? directory
                           : raw_syscall5(SYS_renameat2, directory, place_ours_name(&one), directory,
                                          place_ours_name(&other), flags);

    run_directory_leave(directory);
    return r;
}

static long rename_place(unsigned flags)
{
    struct name what;

    if (one.kind == PLACE_OURS && other.kind == PLACE_OURS)
        return rename_ours(flags);
    if (one.kind == PLACE_OURS || other.kind == PLACE_OURS)
        return -EXDEV;
    if ((flags & ~(unsigned)RENAME_NOREPLACE) != 0)
        return -EINVAL;
    int r = one.kind == PLACE_NOWHERE ? -ENOENT : may_replace(&one, &other, flags);
    if (r == 0 && place_is_directory(&one) && names_is_in(other.path, one.path))
        r = strcmp(one.path, other.path) == 0 ? 0 : -EINVAL;
    if (r < 0 || strcmp(one.path, other.path) == 0)
        return r;
    r = take_as(&one, &what);
    if (r == 0)
        r = place_set_name(other.path, &what);
    if (r == 0 && place_is_directory(&one)) {
        names_forget_below(&place_names, other.path);
        r = names_move_below(&place_names, one.path, other.path);
    }
    return r < 0 ? r : take_name(&one);
}

long overlay_renameat2(struct trap *trap)
{
    int r = find_to_change(&one, (int)trap->argument[0], trap->argument[1]);

    if (r == 0)
        r = find_to_change(&other, (int)trap->argument[2], trap->argument[3]);
    return r < 0 ? r : rename_place((unsigned)trap->argument[4]);
}

/* --- making --- */

/* Another name of the same private file. */
static long link_place(void)
{
    struct name what;

    if (other.kind != PLACE_NOWHERE)
        return -EEXIST;
    if (place_is_directory(&one))
        return -EPERM;
    if (one.kind == PLACE_OURS || one.kind == PLACE_PROC)
        return -EXDEV;
    int r = take_as(&one, &what);
    return r < 0 ? r : place_set_name(other.path, &what);
}

long overlay_linkat(struct trap *trap)
{
    int r = place_find(&one, (int)trap->argument[0], trap->argument[1],
                       (trap->argument[4] & AT_SYMLINK_FOLLOW) != 0);

    if (r == 0)
        r = find_to_change(&other, (int)trap->argument[2], trap->argument[3]);
    return r < 0 ? r : link_place();
}

/* Finds one for something new. In the run directory nothing is free: only tracers write there, and they make
 * nothing but files. */
static int find_free(long directory, long user_path)
{
    int r = find_to_change(&one, (int)directory, user_path);

    return r == 0 && one.kind != PLACE_NOWHERE ? -EEXIST : r;
}

long overlay_symlinkat(struct trap *trap)
{
    long length = user_memory_string(text, trap->argument[0], sizeof text);

    if (length <= 0)
        return length < 0 ? length : -ENOENT;
    int r = find_free(trap->argument[1], trap->argument[2]);
    return r < 0 ? r : place_set_name(one.path, &(struct name){.kind = NAME_LINK, .link = text});
}

long overlay_mkdirat(struct trap *trap)
{
    const struct name directory = {.kind = NAME_DIRECTORY,
                                   .mode = trap->argument[2] & 07777 & ~place_umask()};
    int r = find_free(trap->argument[0], trap->argument[1]);

    return r < 0 ? r : place_set_name(one.path, &directory);
}

/* A FIFO would lead to nobody. */
long overlay_mknodat(struct trap *trap)
{
    const mode_t mode = (mode_t)trap->argument[2];

    if ((mode & S_IFMT) != 0 && !S_ISREG(mode)) {
        notes_add("mknod was refused");
        return -EPERM;
    }
    int r = find_free(trap->argument[0], trap->argument[1]);
    if (r == 0)
        r = place_private(&one, 0);
    return r < 0 ? r : kernel_fchmod(r, mode & 07777 & ~place_umask());
}
