/* SPDX-License-Identifier: MIT */
/* Lists a directory of /proc whose entries are numbers (task, fd) by raw system calls. */
#ifndef LIGHTSSS_PRELOAD_BASE_PROC_LIST_H
#define LIGHTSSS_PRELOAD_BASE_PROC_LIST_H

/* Opens such a directory. Returns a descriptor (O_CLOEXEC) or -errno. */
int proc_list_open(const char *path);

/* Calls visit for every entry that is a number, from the first one on, until visit returns other than 0.
 * Returns 0, what visit returned, or -errno. */
int proc_list_each(int fd, int (*visit)(int number, void *context), void *context);

#endif
