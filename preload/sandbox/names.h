/* SPDX-License-Identifier: MIT */
/* What the replay has done to names: which ones lead to files of its own, and which are gone. Names are
 * absolute paths without links, "." and "..". Pure logic; the caller sees to it that one thread at a time is
 * here. */
#ifndef LIGHTSSS_PRELOAD_SANDBOX_NAMES_H
#define LIGHTSSS_PRELOAD_SANDBOX_NAMES_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define NAMES_MAX  1024
#define NAMES_POOL ((size_t)256 * 1024)

enum name_kind {
    NAME_GONE,      /* removed, or renamed to another name */
    NAME_FILE,      /* a private file */
    NAME_DIRECTORY, /* made by the replay */
    NAME_LINK,      /* a symbolic link made by the replay */
};

struct name {
    enum name_kind kind;
    int fd;           /* of a private file */
    uint32_t mode;    /* permissions of a directory */
    const char *path; /* in the pool */
    const char *link; /* what a link holds */
};

struct names {
    struct name entry[NAMES_MAX];
    size_t count;
    char pool[NAMES_POOL];
    size_t used;
};

/* NULL: the replay has done nothing to it. */
const struct name *names_find(const struct names *names, const char *path);

/* From now on the name is this: kind, fd, mode and link of *what. Returns 0 or -ENOSPC. */
int names_set(struct names *names, const char *path, const struct name *what);

/* Is there something in this directory of the replay's own? */
bool names_has_below(const struct names *names, const char *directory);

/* Gives all that is below a directory names below another one. Returns 0 or -ENOSPC. */
int names_move_below(struct names *names, const char *from, const char *to);

/* Is the path this directory, or below it? */
bool names_is_in(const char *path, const char *directory);

#endif
