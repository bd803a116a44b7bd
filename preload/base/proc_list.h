/* SPDX-License-Identifier: MIT */
/* Lists a directory of /proc whose entries are numbers by raw system calls. */
#ifndef LIGHTSSS_PRELOAD_BASE_PROC_LIST_H
#define LIGHTSSS_PRELOAD_BASE_PROC_LIST_H

/* Calls visit for every entry that is a number until visit returns other than 0. Returns 0, what visit
 * returned, or -errno. */
int proc_list_each(const char *path, int (*visit)(int number, void *context), void *context);

/* The same for the open descriptors, but for the one that lists them. */
int proc_list_descriptors(int (*visit)(int fd, void *context), void *context);

#endif
