/* SPDX-License-Identifier: MIT */
/* Segments of System V in a replay: private memory stands for each, since the original's is other people's
 * too. Async-signal-safe. */
#ifndef LIGHTSSS_PRELOAD_RESTORE_SEGMENTS_H
#define LIGHTSSS_PRELOAD_RESTORE_SEGMENTS_H

#include <stdbool.h>
#include <stddef.h>

/* A segment of the snapshot is attached there, and this file stands for it. Does nothing for memory that has
 * another kind of name. */
void segments_add(const char *path, int id, const void *start, size_t size, int fd);

/* The replay has been told of this segment. */
void segments_know(int id, size_t size);

/* Attaches it, at that address where it can be. Returns the address, or MAP_FAILED with errno set. */
void *segments_attach(int id, void *address, bool writable);

/* Where the address is not that of one, nothing. */
void segments_detach(const void *address);

#endif
