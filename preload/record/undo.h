/* SPDX-License-Identifier: MIT */
/* What files held before the original changed them: kept on the tape before it writes over bytes that a
 * replay may read, cuts a file, or opens one by name that grows from then on. A replay puts it back, last
 * change first. Files that nobody reads are not looked at. */
#ifndef LIGHTSSS_PRELOAD_RECORD_UNDO_H
#define LIGHTSSS_PRELOAD_RECORD_UNDO_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/types.h>

/* In the original, at a snapshot, after descriptors_take(): which descriptors are to be watched? Raw system
 * calls only. */
void undo_take(void);

/* May a change through this descriptor have to be kept? */
bool undo_is_watched(int fd);

/* In the original. So many bytes are about to be written at this offset, or where the descriptor stands (-1).
 * Errno is kept. Costs a look-up where the descriptor is not watched. */
void undo_before_write(int fd, size_t size, int64_t offset);

/* The file is about to be cut to this size. */
void undo_before_cut(int fd, uint64_t size);
void undo_before_cut_name(const char *path, uint64_t size);

/* A file was opened, with these flags. */
void undo_opened(int fd, int flags);

/* --- in a woken copy, once its input is there; raw system calls only --- */

/* Takes the changes off the tape. What is below does so, too. */
void undo_collect(void);

/* Was this file changed since the snapshot? */
bool undo_has(dev_t device, ino_t inode);

/* Puts a copy of the file as it is now back to what it was at the snapshot. Returns 0 or -errno; -ENODATA:
 * too much was changed to be kept. */
int undo_apply(dev_t device, ino_t inode, int private_fd);

#endif
