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

#include "base/raw_syscall.h"
#include "base/text.h"
#include "base/user_memory.h"
#include "restore/private_files.h"
#include "run/notes.h"
#include "run/run_directory.h"
#include "sandbox/overlay.h"
#include "sandbox/place.h"

static struct place one, other;
static char text[PATH_MAX];

static const struct name gone = {.kind = NAME_GONE};

static bool is_directory(const struct place *place)
{
    return place->kind == PLACE_DIRECTORY || (place->kind == PLACE_REAL && S_ISDIR(place->real.stx_mode));
}

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

/* --- removing --- */

/* Is something in this directory of the user's that the replay sees? */
static bool has_entries(const struct place *directory)
{
    static char entries[4096];
    bool found = false;
    long size,
        fd = raw_syscall4(SYS_openat, AT_FDCWD, (long)directory->path, O_RDONLY | O_DIRECTORY | O_CLOEXEC, 0);

    while (!found && (size = raw_syscall3(SYS_getdents64, fd, (long)entries, sizeof entries)) > 0)
        for (long at = 0; at < size && !found;) {
            const struct dirent64 *entry = (const struct dirent64 *)(void *)(entries + at);
            struct text path;

            at += entry->d_reclen;
            if (strcmp(entry->d_name, ".") == 0 || strcmp(entry->d_name, "..") == 0)
                continue;
            text_init(&path, text, sizeof text);
            text_format(&path, "%s/%s", directory->path, entry->d_name);
            const struct name *name = names_find(&place_names, text);
            found = name == NULL || name->kind != NAME_GONE;
        }
    if (fd >= 0)
        raw_syscall1(SYS_close, fd);
    return found || names_has_below(&place_names, directory->path);
}

static long remove_directory(const struct place *place)
{
    if (place->kind == PLACE_NOWHERE)
        return -ENOENT;
    if (!is_directory(place))
        return -ENOTDIR;
    if (place->kind == PLACE_REAL ? has_entries(place) : names_has_below(&place_names, place->path))
        return -ENOTEMPTY;
    return names_set(&place_names, place->path, &gone);
}

static long remove_name(const struct place *place)
{
    if (place->kind == PLACE_NOWHERE)
        return -ENOENT;
    if (is_directory(place))
        return -EISDIR;
    return names_set(&place_names, place->path, &gone);
}

static long remove_ours(int flags)
{
    const char *name;
    int directory = place_ours(&one, &name);
    long r = directory < 0 ? directory : raw_syscall3(SYS_unlinkat, directory, (long)name, flags);

    run_directory_leave(directory);
    return r;
}

static long unlink_at(int directory, long user_path, int flags)
{
    place_lock();
    long r = find_to_change(&one, directory, user_path);
    if (r == 0 && one.kind == PLACE_OURS)
        r = remove_ours(flags);
    else if (r == 0)
        r = (flags & AT_REMOVEDIR) != 0 ? remove_directory(&one) : remove_name(&one);
    place_unlock();
    return r;
}

long overlay_unlink(struct trap *trap)
{
    return unlink_at(AT_FDCWD, trap->argument[0], 0);
}

long overlay_rmdir(struct trap *trap)
{
    return unlink_at(AT_FDCWD, trap->argument[0], AT_REMOVEDIR);
}

long overlay_unlinkat(struct trap *trap)
{
    return unlink_at((int)trap->argument[0], trap->argument[1], (int)trap->argument[2]);
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
            long length =
                raw_syscall4(SYS_readlinkat, AT_FDCWD, (long)from->path, (long)text, sizeof text - 1);
            if (length < 0)
                return (int)length;
            text[length] = '\0';
            what->kind = NAME_LINK;
            what->link = text;
            return 0;
        }
        if (!S_ISREG(from->real.stx_mode)) {
            notes_add("%s was not renamed", from->path);
            return -EXDEV;
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
        return from->is_directory_name && !is_directory(from) ? -ENOTDIR : 0;
    if ((flags & RENAME_NOREPLACE) != 0)
        return -EEXIST;
    if (is_directory(to) != is_directory(from))
        return is_directory(to) ? -EISDIR : -ENOTDIR;
    if (is_directory(to) && (to->kind == PLACE_REAL || names_has_below(&place_names, to->path)))
        return -ENOTEMPTY;
    return 0;
}

static long rename_ours(unsigned flags)
{
    const char *name, *other_name;
    int directory = place_ours(&one, &name), same = place_ours(&other, &other_name);
    long r = directory < 0 || same < 0
                 ? -ENOENT
                 : raw_syscall5(SYS_renameat2, directory, (long)name, same, (long)other_name, flags);

    run_directory_leave(directory);
    run_directory_leave(same);
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
    if (r == 0 && is_directory(&one) && names_is_in(other.path, one.path))
        r = strcmp(one.path, other.path) == 0 ? 0 : -EINVAL;
    if (r < 0 || strcmp(one.path, other.path) == 0)
        return r;
    r = take_as(&one, &what);
    if (r == 0)
        r = names_set(&place_names, other.path, &what);
    if (r == 0 && what.kind == NAME_DIRECTORY)
        r = names_move_below(&place_names, one.path, other.path);
    return r < 0 ? r : names_set(&place_names, one.path, &gone);
}

static long rename_at(int from_directory, long from, int to_directory, long to, unsigned flags)
{
    place_lock();
    long r = find_to_change(&one, from_directory, from);
    if (r == 0)
        r = find_to_change(&other, to_directory, to);
    if (r == 0)
        r = rename_place(flags);
    place_unlock();
    return r;
}

long overlay_rename(struct trap *trap)
{
    return rename_at(AT_FDCWD, trap->argument[0], AT_FDCWD, trap->argument[1], 0);
}

/* renameat() has no flags. */
long overlay_renameat(struct trap *trap)
{
    return rename_at((int)trap->argument[0], trap->argument[1], (int)trap->argument[2], trap->argument[3],
                     trap->number == SYS_renameat2 ? (unsigned)trap->argument[4] : 0);
}

/* --- making --- */

/* Another name of the same private file. */
static long link_place(void)
{
    struct name what;

    if (other.kind != PLACE_NOWHERE)
        return -EEXIST;
    if (is_directory(&one))
        return -EPERM;
    if (one.kind == PLACE_OURS || one.kind == PLACE_PROC)
        return -EXDEV;
    int r = take_as(&one, &what);
    return r < 0 ? r : names_set(&place_names, other.path, &what);
}

static long link_at(int from_directory, long from, int to_directory, long to, int flags)
{
    place_lock();
    long r = place_find(&one, from_directory, from, (flags & AT_SYMLINK_FOLLOW) != 0);
    if (r == 0)
        r = find_to_change(&other, to_directory, to);
    if (r == 0)
        r = link_place();
    place_unlock();
    return r;
}

long overlay_link(struct trap *trap)
{
    return link_at(AT_FDCWD, trap->argument[0], AT_FDCWD, trap->argument[1], 0);
}

long overlay_linkat(struct trap *trap)
{
    return link_at((int)trap->argument[0], trap->argument[1], (int)trap->argument[2], trap->argument[3],
                   (int)trap->argument[4]);
}

/* A new name, which is to be what *what says. Of a file in the run directory -EXDEV is answered: only tracers
 * write there, and they make nothing but files. */
static long make_at(int directory, long user_path, const struct name *what)
{
    long r = find_to_change(&one, directory, user_path);

    if (r == 0 && one.kind != PLACE_NOWHERE)
        r = -EEXIST;
    return r < 0 ? r : names_set(&place_names, one.path, what);
}

static unsigned umask_now(void)
{
    long mask = raw_syscall1(SYS_umask, 077);

    raw_syscall1(SYS_umask, mask);
    return (unsigned)mask;
}

static long symlink_at(long contents, int directory, long user_path)
{
    place_lock();
    long r = user_string(text, contents, sizeof text);
    if (r == 0)
        r = -ENOENT;
    if (r > 0)
        r = make_at(directory, user_path, &(struct name){.kind = NAME_LINK, .link = text});
    place_unlock();
    return r;
}

long overlay_symlink(struct trap *trap)
{
    return symlink_at(trap->argument[0], AT_FDCWD, trap->argument[1]);
}

long overlay_symlinkat(struct trap *trap)
{
    return symlink_at(trap->argument[0], (int)trap->argument[1], trap->argument[2]);
}

static long make_directory_at(int directory, long user_path, unsigned mode)
{
    place_lock();
    long r = make_at(directory, user_path,
                     &(struct name){.kind = NAME_DIRECTORY, .mode = mode & 07777 & ~umask_now()});
    place_unlock();
    return r;
}

long overlay_mkdir(struct trap *trap)
{
    return make_directory_at(AT_FDCWD, trap->argument[0], (unsigned)trap->argument[1]);
}

long overlay_mkdirat(struct trap *trap)
{
    return make_directory_at((int)trap->argument[0], trap->argument[1], (unsigned)trap->argument[2]);
}

/* A FIFO would lead to nobody. */
static long make_node_at(int directory, long user_path, unsigned mode)
{
    if ((mode & S_IFMT) != 0 && !S_ISREG(mode)) {
        notes_add("mknod was refused");
        return -EPERM;
    }
    place_lock();
    long r = find_to_change(&one, directory, user_path);
    if (r == 0 && one.kind != PLACE_NOWHERE)
        r = -EEXIST;
    if (r == 0)
        r = place_private(&one, 0);
    if (r >= 0)
        r = raw_syscall2(SYS_fchmod, r, mode & 07777 & ~umask_now());
    place_unlock();
    return r;
}

long overlay_mknod(struct trap *trap)
{
    return make_node_at(AT_FDCWD, trap->argument[0], (unsigned)trap->argument[1]);
}

long overlay_mknodat(struct trap *trap)
{
    return make_node_at((int)trap->argument[0], trap->argument[1], (unsigned)trap->argument[2]);
}
