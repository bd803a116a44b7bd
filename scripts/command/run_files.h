/* SPDX-License-Identifier: MIT */
/* Files of a run directory, opened so that nothing that somebody has put in their place does harm: no link is
 * followed, and a FIFO or a device is not waited for. */
#ifndef LIGHTSSS_SCRIPTS_COMMAND_RUN_FILES_H
#define LIGHTSSS_SCRIPTS_COMMAND_RUN_FILES_H

#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>

/* A descriptor to read a file with, and its size; else -errno, or RUN_FILES_ODD. */
#define RUN_FILES_ODD (-100000) /* no regular file */
int run_files_open(const char *path, uint64_t *bytes);

/* Words for what the above has returned. */
const char *run_files_why(int error);

/* "DIRECTORY/NAME" in memory of its own. NULL: out of memory. */
char *run_files_path(const char *directory, const char *name);

/* Is it the name of a file beside report.json, or below? A report may have been edited. */
bool run_files_is_inside(const char *name);

#endif
