/* SPDX-License-Identifier: MIT */
/* What names lead to in a replay, where that is not what the user has there: what the replay has done to
 * them, which lead to files of its own, which are gone; and what the original did after the snapshot, undone.
 * Names are absolute paths without links, "." and "..". Entries and texts stay where they are. Pure logic;
 * the caller sees to it that one thread at a time is here. */
#ifndef LIGHTSSS_PRELOAD_SANDBOX_NAMES_H
#define LIGHTSSS_PRELOAD_SANDBOX_NAMES_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

enum name_kind {
    NAME_GONE,      /* removed, or renamed to another name */
    NAME_FILE,      /* a private file */
    NAME_DIRECTORY, /* made by the replay */
    NAME_LINK,      /* a symbolic link made by the replay */
    NAME_ELSEWHERE, /* something of the user's that has another name now: link */
    NAME_KEPT,      /* a file of the user's that is no more, by its record */
    NAME_NOTHING,   /* nothing special any more */
};

struct name {
    enum name_kind kind;
    int fd;           /* of a private file, whose name this is or (of a user's file) was; 0: none */
    uint32_t mode;    /* permissions of a directory */
    const char *path; /* in the pool */
    const char *link; /* what a link holds; where it is, without links */
    size_t record;    /* where the tape tells of it (record/renames.h) */
    bool is_new;      /* of a directory: it was made after the snapshot */
    uint32_t hash;    /* of the path: most are not the one that is looked for */
};

#define NAMES_CHUNK  1024u /* entries that are next to each other */
#define NAMES_CHUNKS 1024u
#define NAMES_POOL   ((size_t)64 << 10) /* of texts */

struct names {
    void *(*more)(size_t size);       /* memory that stays; NULL: there is none */
    struct name *chunk[NAMES_CHUNKS]; /* as many as the count needs */
    size_t count;
    bool has_elsewhere; /* there is, or was, a NAME_ELSEWHERE */
    char *pool;         /* the last one ... */
    size_t left;        /* ... and its begin, which is free */
};

/* An empty one, which takes memory as it grows. */
void names_start(struct names *names, void *(*more)(size_t size));

/* In the order in which they came. */
const struct name *names_at(const struct names *names, size_t place);

/* NULL: nothing was done to it. */
const struct name *names_find(const struct names *names, const char *path);

/* From now on the name is this: kind, fd, mode and link of *what. Returns 0 or -ENOSPC. */
int names_set(struct names *names, const char *path, const struct name *what);

/* How many names of this private file have come, less those that the user's file had and that are gone. */
int names_links(const struct names *names, int fd);

/* Is there something in this directory of the replay's own? */
bool names_has_below(const struct names *names, const char *directory);

/* Gives all that is below a directory names below another one. Returns 0 or -ENOSPC. */
int names_move_below(struct names *names, const char *from, const char *to);

/* Nothing special is below this directory any more. */
void names_forget_below(struct names *names, const char *directory);

/* Where the user has what he had at the path: the path itself, or by a name or a directory that is elsewhere.
 * And the other way round: by which path it is known. PATH_MAX bytes. Returns whether it is another one. */
bool names_elsewhere(const struct names *names, const char *path, char *real);
bool names_seen_as(const struct names *names, const char *real, char *path);

/* Is the path this directory, or below it? */
bool names_is_in(const char *path, const char *directory);

#endif
