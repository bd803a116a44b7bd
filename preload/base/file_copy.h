/* SPDX-License-Identifier: MIT */
/* Copies bytes from file to file: by the kernel where it can (a filesystem may share the blocks), else by
 * hand. Async-signal-safe: no heap, raw system calls. Each returns 0 or -errno; a file that somebody cuts
 * meanwhile just ends earlier. */
#ifndef LIGHTSSS_PRELOAD_BASE_FILE_COPY_H
#define LIGHTSSS_PRELOAD_BASE_FILE_COPY_H

#include <stddef.h>
#include <stdint.h>

/* Puts bytes there. */
int file_copy_write(int to, const void *bytes, uint64_t at, size_t size);

/* The bytes from `at` up to `end`, to the same place. */
int file_copy_part(int to, int from, uint64_t at, uint64_t end);

/* The same, to the begin of the other file. */
int file_copy_end(int to, int from, uint64_t at, uint64_t end);

/* The first `size` bytes; holes stay holes. */
int file_copy_whole(int to, int from, uint64_t size);

#endif
