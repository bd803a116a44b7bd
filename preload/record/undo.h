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
#include <sys/uio.h>

/* A record's payload: this, and `size` bytes. Those of names are made and read by renames.c. */
struct undo_record {
    uint64_t device, inode, offset;
    uint32_t kind, size;
};

enum undo_kind {
    UNDO_BYTES, /* these were there */
    UNDO_SIZE,  /* it ended there */
    UNDO_LOST,  /* more than is kept */
    UNDO_NAMES, /* from here on: of names. They have no inode */
};

/* In the original. Errno is kept. */
void undo_put(const struct undo_record *record, const struct iovec *parts, int count);

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

/* What was recorded, in its order: the record at a place, and its bytes. */
size_t undo_count(void);
bool undo_is_full(void); /* and what came later is not there */
const char *undo_at(size_t place, struct undo_record *record);

/* Was this file changed since the snapshot? */
bool undo_has(dev_t device, ino_t inode);

/* Puts a copy of the file as it is now back to what it was at the snapshot. Returns 0 or -errno; -ENODATA:
 * too much was changed to be kept. */
int undo_apply(dev_t device, ino_t inode, int private_fd);

/* The same of a file as it was when the record at this place came. */
int undo_apply_before(size_t place, dev_t device, ino_t inode, int private_fd);

#endif
