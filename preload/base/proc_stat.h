/* SPDX-License-Identifier: MIT */
/* /proc/PID/stat by raw system calls: what the kernel tells of a process in one line. */
#ifndef LIGHTSSS_PRELOAD_BASE_PROC_STAT_H
#define LIGHTSSS_PRELOAD_BASE_PROC_STAT_H

#include <sys/types.h>

#define PROC_STAT_SIZE      1024
#define PROC_STAT_NAME_SIZE 17

/* Returns what stands behind the program's name, beginning with the state: "S 1 4242 ..."; NULL: there is no
 * such process. The text is in the buffer. */
const char *proc_stat(pid_t pid, char buffer[PROC_STAT_SIZE]);

/* The state alone; '\0': there is no such process. */
char proc_stat_state(pid_t pid);

/* The same as the first of a thread, by the number that a directory of tasks lists. */
const char *proc_stat_listed(const char *tasks, int listed, char buffer[PROC_STAT_SIZE]);

/* Of that text: field 0 is the state; NULL: there are not so many. */
const char *proc_stat_field(const char *stat, unsigned index);

/* The name of the program that this process runs, as the kernel cuts it. Returns 0 or -errno. */
int proc_stat_name(pid_t pid, char name[PROC_STAT_NAME_SIZE]);

#endif
