/* SPDX-License-Identifier: MIT */
/* Names that the original changed: renamed, removed, replaced, linked. Noted on the tape beside what files
 * held (undo.h), in one order with that, for a replay that finds every name as it was at the snapshot. Of a
 * file that goes its contents are kept, too, where they are not too many. What was made after the snapshot is
 * nobody's business, as the replay makes it anew. */
#ifndef LIGHTSSS_PRELOAD_RECORD_RENAMES_H
#define LIGHTSSS_PRELOAD_RECORD_RENAMES_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/types.h>

enum renames_kind {
    RENAMES_REMOVED,
    RENAMES_RENAMED, /* to the other name */
    RENAMES_EXCHANGED,
    RENAMES_LINKED, /* the other name is a new one */
    RENAMES_MADE,   /* noted just behind a snapshot: from then on the time of birth tells */
};

/* What a name led to. */
struct renames_file {
    uint64_t device, inode, size;
    uint64_t born_ns, changed_ns; /* wall clock; born 0: not known */
    uint32_t mode;                /* 0: it led to nothing */
};

/* In the original, around a call; for its caller's stack. */
struct renames {
    bool is_noted;
    uint64_t number, mask;
};

/* A name as in a call that takes a directory beside it. */
struct renames_name {
    int directory;
    const char *path;
};

/* In the original, at a snapshot, while its threads stand still; and, there and in a copy, when that was last
 * (CLOCK_MONOTONIC). */
void renames_take(void);
uint64_t renames_taken_ns(void);

/* Before the call and after it; anywhere else than in the original they do nothing. The second returns what
 * the call has returned. Errno is kept. */
void renames_begins(struct renames *moved, enum renames_kind kind, struct renames_name name,
                    struct renames_name other);
int renames_ends(struct renames *moved, int result);

/* --- in a woken copy: places are those of undo_at() --- */

enum renames_text {
    RENAMES_DIRECTORY, /* where the name begins, if it is not absolute */
    RENAMES_NAME,
    RENAMES_OTHER_DIRECTORY,
    RENAMES_OTHER_NAME,
    RENAMES_LINK, /* what a symbolic link held that went */
    RENAMES_TEXTS,
};

/* In the tape, without a NUL; NULL: there is none. */
struct renames_texts {
    const char *text[RENAMES_TEXTS];
    size_t length[RENAMES_TEXTS];
};

struct renames_note {
    uint64_t number;
    uint32_t kind;
    uint32_t is_lost;         /* what the file held that went is not kept */
    struct renames_file file; /* that the call was about */
    struct renames_file gone; /* what went: removed, replaced, exchanged */
};

/* False: there is no note. */
bool renames_at(size_t place, struct renames_note *note, struct renames_texts *texts);

/* Does it say there that a call was done? Gives the place of its note. */
bool renames_is_done_at(size_t end, size_t *place);

#define RENAMES_NONE SIZE_MAX

/* The last note before a place of which nobody says how it ended: the original was killed in the call. */
size_t renames_find_unfinished(size_t before);

/* Did one of them concern this file? That changes the time of its last change of status. */
bool renames_concerned(dev_t device, ino_t inode);

/* Puts what is kept of what went into a private file. Returns 0 or -errno. */
int renames_put_back(size_t place, int private_fd);

#endif
