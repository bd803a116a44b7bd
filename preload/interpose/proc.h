/* SPDX-License-Identifier: MIT */
/* Files of /proc for who opens them: see proc.c. */
#ifndef LIGHTSSS_PRELOAD_INTERPOSE_PROC_H
#define LIGHTSSS_PRELOAD_INTERPOSE_PROC_H

#define PROC_PATH_SIZE 128

/* A replay knows its threads by the ids that they have in the original. Returns the name to be opened: this
 * one, or one in the buffer. */
const char *proc_true_path(const char *path, char buffer[PROC_PATH_SIZE]);

/* It was opened by this name. */
void proc_opened(int fd, const char *path);

#endif
