/* SPDX-License-Identifier: MIT */
/* Files of the replay's own, in place of the user's: unnamed files in the run directory, which vanish with
 * the replay unless they are kept (replay/kept_files.h). What was open for writing at the snapshot, and what
 * the replay opens for writing, is one of these. They are known by the file that they stand for, so that
 * every name and descriptor of one file leads to the same copy. Async-signal-safe: no heap, raw system calls.
 */
#ifndef LIGHTSSS_PRELOAD_RESTORE_PRIVATE_FILES_H
#define LIGHTSSS_PRELOAD_RESTORE_PRIVATE_FILES_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/types.h>

/* A new empty one. Returns a descriptor (close-on-exec, O_RDWR, a high number that the simulator does not
 * use) or -errno. */
int private_file_create(void);

/* Fills it with the first `size` bytes of an open file, at most to that file's end; holes stay holes. The
 * offsets of both descriptors are as before. Returns 0 or -errno. */
int private_file_fill(int private_fd, int from_fd, uint64_t size);

/* For a file that is known (private_file_add) and that nobody reads: it gets its size at once, and its
 * contents when it is reopened for reading, in the places that were not written until then. Returns 0 or
 * -errno. */
int private_file_fill_later(int private_fd, int from_fd, uint64_t size);

/* Fills it now, where that was to be later: all of it, or what is between two places. */
void private_file_fill_now(int private_fd);
void private_file_fill_part(int private_fd, uint64_t at, uint64_t end);
bool private_file_is_filled(int private_fd);

/* Makes it known as the one in place of a file of the user. Returns 0 or -ENOSPC: there are too many. */
int private_file_add(dev_t device, ino_t inode, int private_fd);

/* For private_file_original() alone: the user's file is no more, and another one may have its numbers. */
int private_file_add_gone(dev_t device, ino_t inode, int private_fd);

/* The one in place of that file, or -1. */
int private_file_find(dev_t device, ino_t inode);

/* A file by its numbers: if it is a private one, they become those of the file that it stands for. Returns
 * whether it is. */
bool private_file_original(dev_t *device, ino_t *inode);

/* Another open file description of it, with flags as in open(2) and an offset of its own. Returns a
 * descriptor or -errno. */
int private_file_reopen(int private_fd, int flags);

#endif
