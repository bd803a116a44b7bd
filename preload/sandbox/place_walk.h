/* SPDX-License-Identifier: MIT */
/* The way that a name leads, part by part, as a kernel goes it. What is at a path says somebody else: this is
 * pure logic, on text. */
#ifndef LIGHTSSS_PRELOAD_SANDBOX_PLACE_WALK_H
#define LIGHTSSS_PRELOAD_SANDBOX_PLACE_WALK_H

#include <limits.h>
#include <stdbool.h>

/* What is at a path, itself not followed; below 0: nothing is there, -ENOENT, or may be looked at there. */
enum place_walk_found { PLACE_WALK_OTHER, PLACE_WALK_DIRECTORY, PLACE_WALK_LINK };

struct place_walk {
    char *path;  /* PATH_MAX bytes: where it is, absolute, without links, "." and ".."; empty: the root */
    char *rest;  /* PATH_MAX bytes: what is still to be followed */
    bool follow; /* also where the name is a link itself */
    bool is_directory_name; /* the name must be a directory's: a slash stood behind it */
    /* down: the path is one part longer than when it was looked at last. Returns enum place_walk_found. */
    int (*look)(void *context, bool down);
    /* What the link at the path holds, of the size of a path at most. Returns its length or -errno. */
    long (*read_link)(void *context, char *text);
    void *context;
    unsigned links; /* followed so far */
};

/* /proc is where the way ends. */
#define PLACE_WALK_PROC 1

/* Follows `rest`; from `path` on, where it does not begin with a slash. Returns 0: the path is that of what
 * was looked at last; PLACE_WALK_PROC, with the rest from there on; or -errno as open() would for the way.
 * Nothing at the end of it is no error. */
int place_walk(struct place_walk *walk);

/* Where a rest leads in /proc, links and all. The original knows itself by its number, which is another
 * process's here. Returns 0 or -ENAMETOOLONG. */
int place_walk_proc(char path[PATH_MAX], const char *rest, int original_pid);

/* The number between the two, which are all of the path; -1: it is another. Other names in /proc may lead to
 * the user's files (cwd, root, ".."). */
int place_walk_number(const char *path, const char *before, const char *behind);

/* What of a path is behind a directory and its slash; NULL: it is not below it. */
const char *place_walk_behind(const char *path, const char *directory);

#endif
