/* SPDX-License-Identifier: MIT */
/* Those private files of a replay that have a name: where they were, and whether the replay has written to
 * them. For whoever keeps them (replay/kept_files.h). Async-signal-safe: no heap, raw system calls. */
#ifndef LIGHTSSS_PRELOAD_RESTORE_WRITTEN_FILES_H
#define LIGHTSSS_PRELOAD_RESTORE_WRITTEN_FILES_H

#include <stdbool.h>
#include <sys/stat.h>
#include <sys/types.h>
#include <time.h>

#define WRITTEN_FILES_MAX 1024u

struct written_file {
    int fd;               /* of the private file */
    const char *path;     /* absolute: where it was when it was added */
    struct timespec time; /* of its last change, as long as the replay has not written to it */
    dev_t device;         /* its own numbers */
    ino_t inode;
    bool made;   /* by the replay, or cut by it */
    bool mapped; /* its memory may be written to, and not every filesystem tells */
};

/* In a copy, at the snapshot: keeps the name that this descriptor's file has now. NULL: there is no room. */
const char *written_files_keep_name(int fd);

/* time: of the last change of the user's file; path: NULL, or where that is. More than WRITTEN_FILES_MAX are
 * not known. One thread at a time. */
void written_files_add(int private_fd, const char *path, const struct timespec *time, bool made);

/* What was added so far is filled: whatever changes it from now on is the replay. */
void written_files_begin(void);

/* This descriptor's file is mapped, shared, where that can be written to. */
void written_files_mapped(int fd);

unsigned written_files_count(void);
const struct written_file *written_files_at(unsigned place);

/* The private file of what was there, or -1. */
int written_files_find(const char *path);

/* Is a file with these numbers one of them? */
bool written_files_has(dev_t device, ino_t inode);

/* now: of the private file. */
bool written_files_is_changed(const struct written_file *file, const struct stat *now);

#endif
