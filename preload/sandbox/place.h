/* SPDX-License-Identifier: MIT */
/* Where a name leads in a replay: to the file that the user has there, as far as it was there at the
 * snapshot; to a file of the replay's own; nowhere. Links are followed here and not by the kernel, so that
 * every name of a file is known by one path. Async-signal-safe: no heap, raw system calls. */
#ifndef LIGHTSSS_PRELOAD_SANDBOX_PLACE_H
#define LIGHTSSS_PRELOAD_SANDBOX_PLACE_H

#include <limits.h>
#include <linux/stat.h>
#include <stdbool.h>
#include <stdint.h>

#include "sandbox/names.h"

struct statx; /* glibc's and the kernel's are the same */

enum place_kind {
    PLACE_NOWHERE,
    PLACE_PRIVATE,   /* a file of the replay's own: fd */
    PLACE_DIRECTORY, /* a directory that the replay has made */
    PLACE_LINK,      /* a symbolic link that the replay has made */
    PLACE_REAL,      /* something of the user's: real */
    PLACE_OURS,      /* in the run directory: whoever writes there may */
    PLACE_PROC,      /* in /proc: path is as it was given, links and all */
};

struct place {
    enum place_kind kind;
    char path[PATH_MAX];      /* absolute, without links; empty: the root */
    char elsewhere[PATH_MAX]; /* of something of the user's: where it is now, if is_elsewhere */
    bool is_elsewhere;
    int fd; /* of a private one */
    struct statx real;
    const struct name *name; /* what the replay has done to it; NULL: nothing */
    bool is_new;             /* nowhere, because it was made after the snapshot */
    bool is_directory_name;  /* a slash stood behind it */
};

/* Names are judged by the time of the snapshot; wall_ns: that time by the wall clock. */
void place_prepare(uint64_t wall_ns);

/* While what the original did is undone, last things first: what was made after the snapshot is there. Some
 * of the directories that place_names has were made after it, too: afterwards they are gone. */
void place_undo_begins(void);
void place_undo_ends(void);

/* Was what was born then (wall clock; 0: not known) made after the snapshot? */
bool place_is_future(uint64_t born_ns);

/* Was what the user has at the path made after it? Not the run directory. */
bool place_is_made_later(const char *path, const struct statx *real);

/* Who has looked so often while no eval passed waits for another process to make something. */
#define PLACE_LOOKS_MAX 20

/* Was the file changed after the snapshot? */
bool place_is_changed(const struct place *place);

/* One thread at a time may use places, and answers about names run in between. Signals are blocked. */
void place_lock(void);
void place_unlock(void);

/* What was done to names; for whoever holds the lock. */
extern struct names place_names;

/* From now on a name is this, as names_set(). Where there is no room, the report says so. */
int place_set_name(const char *path, const struct name *what);

/* Follows a name that the simulator gave; `follow`: also where it is a link itself. Returns 0, or -errno as
 * open() would for the way there. */
int place_find(struct place *place, int directory, long user_path, bool follow);

/* Of a PLACE_OURS: its name from the run directory; and a system call with that directory, the name and two
 * arguments more. */
const char *place_ours_name(const struct place *place);
long place_ours(const struct place *place, long number, long a, long b);

bool place_is_directory(const struct place *place);

/* Is it an empty text that the simulator gave? Where that is allowed, a descriptor is meant. */
bool place_is_empty_name(long user_path);

/* Where it is, for the kernel. */
const char *place_path(const struct place *place);

/* May the simulator make or remove a name there? Returns 0 or -errno. */
int place_may_change(const struct place *place);

/* The private file of a place, made of the user's file where there is none yet; `size`: how much of that is
 * kept. Returns a descriptor or -errno. */
int place_private(struct place *place, uint64_t size);

/* The name that this private file has now, which was at the path; NULL: it was removed. For the holder of the
 * lock; the text stays. */
const char *place_of_private(int fd, const char *path);

/* A private file without a name. Returns a descriptor or -errno. */
int place_unnamed(void);

/* The calling process's. */
unsigned place_umask(void);

#endif
