/* SPDX-License-Identifier: MIT */
/* Renaming, removing, linking and making: the original notes which names it changes (record/renames.h).
 * remove(), shm_unlink() and the like come by here. A replay's calls go to its sandbox. */
#define _GNU_SOURCE
#include "interpose/moves.h"

#include <fcntl.h>
#include <linux/fs.h>
#include <stddef.h>
#include <stdio.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "interpose/libc_hook.h"
#include "record/renames.h"

static int (*libc_rename)(const char *from, const char *to);
static int (*libc_renameat)(int from_directory, const char *from, int to_directory, const char *to);
static int (*libc_renameat2)(int from_directory, const char *from, int to_directory, const char *to,
                             unsigned flags);
static int (*libc_unlink)(const char *path);
static int (*libc_unlinkat)(int directory, const char *path, int flags);
static int (*libc_rmdir)(const char *path);
static int (*libc_link)(const char *from, const char *to);
static int (*libc_linkat)(int from_directory, const char *from, int to_directory, const char *to, int flags);

static int (*libc_mkdir)(const char *path, mode_t mode);
static int (*libc_mkdirat)(int directory, const char *path, mode_t mode);
static int (*libc_symlink)(const char *target, const char *path);
static int (*libc_symlinkat)(const char *target, int directory, const char *path);

static struct renames_name name_at(int directory, const char *path)
{
    return (struct renames_name){directory, path};
}

static struct renames_name name(const char *path)
{
    return name_at(AT_FDCWD, path);
}

static int on_rename(const char *from, const char *to)
{
    struct renames moved;

    renames_begins(&moved, RENAMES_RENAMED, name(from), name(to));
    return renames_ends(&moved, libc_rename(from, to));
}

static int on_renameat(int from_directory, const char *from, int to_directory, const char *to)
{
    struct renames moved;

    renames_begins(&moved, RENAMES_RENAMED, name_at(from_directory, from), name_at(to_directory, to));
    return renames_ends(&moved, libc_renameat(from_directory, from, to_directory, to));
}

/* Without flags libc goes on to the one above, at its entry. */
static int on_renameat2(int from_directory, const char *from, int to_directory, const char *to,
                        unsigned flags)
{
    struct renames moved;

    if (flags == 0)
        return on_renameat(from_directory, from, to_directory, to);
    renames_begins(&moved, (flags & RENAME_EXCHANGE) != 0 ? RENAMES_EXCHANGED : RENAMES_RENAMED,
                   name_at(from_directory, from), name_at(to_directory, to));
    return renames_ends(&moved, libc_renameat2(from_directory, from, to_directory, to, flags));
}

static int on_unlink(const char *path)
{
    struct renames moved;

    renames_begins(&moved, RENAMES_REMOVED, name(path), name(NULL));
    return renames_ends(&moved, libc_unlink(path));
}

static int on_unlinkat(int directory, const char *path, int flags)
{
    struct renames moved;

    renames_begins(&moved, RENAMES_REMOVED, name_at(directory, path), name(NULL));
    return renames_ends(&moved, libc_unlinkat(directory, path, flags));
}

static int on_rmdir(const char *path)
{
    struct renames moved;

    renames_begins(&moved, RENAMES_REMOVED, name(path), name(NULL));
    return renames_ends(&moved, libc_rmdir(path));
}

static int on_link(const char *from, const char *to)
{
    struct renames moved;

    renames_begins(&moved, RENAMES_LINKED, name(from), name(to));
    return renames_ends(&moved, libc_link(from, to));
}

static int on_linkat(int from_directory, const char *from, int to_directory, const char *to, int flags)
{
    struct renames moved;

    renames_begins(&moved, RENAMES_LINKED, name_at(from_directory, from), name_at(to_directory, to));
    return renames_ends(&moved, libc_linkat(from_directory, from, to_directory, to, flags));
}

/* --- making --- */

static int on_mkdir(const char *path, mode_t mode)
{
    struct renames moved;

    renames_begins(&moved, RENAMES_MADE, name(path), name(NULL));
    return renames_ends(&moved, libc_mkdir(path, mode));
}

static int on_mkdirat(int directory, const char *path, mode_t mode)
{
    struct renames moved;

    renames_begins(&moved, RENAMES_MADE, name_at(directory, path), name(NULL));
    return renames_ends(&moved, libc_mkdirat(directory, path, mode));
}

static int on_symlink(const char *target, const char *path)
{
    struct renames moved;

    renames_begins(&moved, RENAMES_MADE, name(path), name(NULL));
    return renames_ends(&moved, libc_symlink(target, path));
}

static int on_symlinkat(const char *target, int directory, const char *path)
{
    struct renames moved;

    renames_begins(&moved, RENAMES_MADE, name_at(directory, path), name(NULL));
    return renames_ends(&moved, libc_symlinkat(target, directory, path));
}

/* --- libc's syscall() --- */

static long answer_rename(const char *from, const char *to)
{
    return rename(from, to);
}

static long answer_renameat(int from_directory, const char *from, int to_directory, const char *to)
{
    return renameat(from_directory, from, to_directory, to);
}

static long answer_unlink(const char *path)
{
    return unlink(path);
}

static long answer_unlinkat(int directory, const char *path, int flags)
{
    return unlinkat(directory, path, flags);
}

static long answer_rmdir(const char *path)
{
    return rmdir(path);
}

static long answer_link(const char *from, const char *to)
{
    return link(from, to);
}

void *moves_answer(long number)
{
    switch (number) {
    case SYS_rename:
        return (void *)answer_rename;
    case SYS_renameat:
        return (void *)answer_renameat;
    case SYS_unlink:
        return (void *)answer_unlink;
    case SYS_unlinkat:
        return (void *)answer_unlinkat;
    case SYS_rmdir:
        return (void *)answer_rmdir;
    case SYS_link:
        return (void *)answer_link;
    default:
        return NULL;
    }
}

static const struct libc_hook rows[] = {
    LIBC_HOOK("rename", on_rename, libc_rename),
    LIBC_HOOK("renameat", on_renameat, libc_renameat),
    LIBC_HOOK("renameat2", on_renameat2, libc_renameat2),
    LIBC_HOOK("unlink", on_unlink, libc_unlink),
    LIBC_HOOK("unlinkat", on_unlinkat, libc_unlinkat),
    LIBC_HOOK("rmdir", on_rmdir, libc_rmdir),
    LIBC_HOOK("link", on_link, libc_link),
    LIBC_HOOK("linkat", on_linkat, libc_linkat),
    LIBC_HOOK("mkdir", on_mkdir, libc_mkdir),
    LIBC_HOOK("mkdirat", on_mkdirat, libc_mkdirat),
    LIBC_HOOK("symlink", on_symlink, libc_symlink),
    LIBC_HOOK("symlinkat", on_symlinkat, libc_symlinkat),
};
const struct libc_hooks moves_hooks = LIBC_HOOKS(rows);
