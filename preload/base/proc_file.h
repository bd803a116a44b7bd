/* SPDX-License-Identifier: MIT */
/* Small files of /proc by raw system calls, into the caller's buffer. Async-signal-safe. */
#ifndef LIGHTSSS_PRELOAD_BASE_PROC_FILE_H
#define LIGHTSSS_PRELOAD_BASE_PROC_FILE_H

#include <stddef.h>

/* Reads what the buffer holds, ended by NUL. `path` may lie in the buffer itself. Returns the buffer; NULL:
 * the file cannot be opened. */
const char *proc_file(const char *path, char *buffer, size_t size);

/* Reads it up to its end, as far as the buffer goes, which then ends in NUL. Returns the length without that,
 * or -errno. */
long proc_file_read(const char *path, char *buffer, size_t size);

#endif
