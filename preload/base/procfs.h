/* SPDX-License-Identifier: MIT */
/* What /proc tells, by raw system calls and into the caller's buffer: small files, directories whose entries
 * are numbers, whose numbers these are, and the line of one process. Async-signal-safe. */
#ifndef LIGHTSSS_PRELOAD_BASE_PROCFS_H
#define LIGHTSSS_PRELOAD_BASE_PROCFS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/types.h>

/* Reads a file up to its end, as far as the buffer goes, which then ends in NUL; `path` may lie in the buffer
 * itself. Returns the length without the NUL, or -errno. */
long procfs_read(const char *path, char *buffer, size_t size);

/* The same. Returns the buffer; NULL: the file cannot be read. */
const char *procfs_file(const char *path, char *buffer, size_t size);

/* Calls visit for every entry that is a number until visit returns other than 0. Returns 0, what visit
 * returned, or -errno. */
int procfs_each(const char *path, int (*visit)(int number, void *context), void *context);

/* The same for the open descriptors, but for the one that lists them. */
int procfs_descriptors(int (*visit)(int fd, void *context), void *context);

/* How many are open; 0: the kernel does not tell (before Linux 6.2). */
uint64_t procfs_descriptors_count(void);

/* Numbers in /proc are mostly those that we know; where it belongs to another PID namespace than ours
 * (unshare
 * --pid without --mount-proc), they are others. */
bool procfs_is_foreign(void);

/* What /proc calls this process, where it is foreign; -1: nobody knows. */
pid_t procfs_number_of_process(pid_t pid);

/* Our number of a thread that is listed in this directory of tasks, where /proc is foreign; -1: it is gone.
 */
pid_t procfs_number_of_thread(const char *tasks, int listed);

#define PROCFS_STAT_SIZE 1024
#define PROCFS_NAME_SIZE 17

/* Returns what stands behind the program's name, beginning with the state: "S 1 4242 ..."; NULL: there is no
 * such process. The text is in the buffer. */
const char *procfs_stat(pid_t pid, char buffer[PROCFS_STAT_SIZE]);

/* The state alone; '\0': there is no such process. */
char procfs_state(pid_t pid);

/* The same as the first of a thread, by the number that a directory of tasks lists. */
const char *procfs_stat_listed(const char *tasks, int listed, char buffer[PROCFS_STAT_SIZE]);

/* Of that text: field 0 is the state; NULL: there are not so many. */
const char *procfs_stat_field(const char *stat, unsigned index);

/* The name of the program that this process runs, as the kernel cuts it. Returns 0 or -errno. */
int procfs_name(pid_t pid, char name[PROCFS_NAME_SIZE]);

#endif
