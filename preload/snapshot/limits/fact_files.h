/* SPDX-License-Identifier: MIT */
/* Small files of /proc and of control groups, read by raw system calls, without the heap. They are opened for
 * each look and closed at once: the simulator would see descriptors that stay open. The buffer is static, so
 * one thread at a time. */
#ifndef LIGHTSSS_PRELOAD_SNAPSHOT_LIMITS_FACT_FILES_H
#define LIGHTSSS_PRELOAD_SNAPSHOT_LIMITS_FACT_FILES_H

/* The text of a file, valid until the next call; what does not fit is left out. NULL: it cannot be read. */
const char *fact_files_text(const char *path);

/* The same of /proc/PID/NAME. *error: 0 or -errno. */
const char *fact_files_text_of(int pid, const char *name, int *error);

/* Every line without its newline. The file may be far longer than the buffer (a mount per container); a line
 * that is longer is left out. */
void fact_files_each_line(const char *path, void (*visit)(const char *line));

#endif
