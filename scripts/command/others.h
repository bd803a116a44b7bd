/* SPDX-License-Identifier: MIT */
/* Other processes, as /proc shows them to this user. Each may end at any moment. */
#ifndef LIGHTSSS_SCRIPTS_COMMAND_OTHERS_H
#define LIGHTSSS_SCRIPTS_COMMAND_OTHERS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/types.h>

/* Shows each process to `visit` until that returns false. Returns whether it never did. */
bool others_each(bool (*visit)(int pid, void *context), void *context);

/* The process that has made it, or that it was left to; -1: it is gone. */
int others_parent(int pid);

/* Does it stand still, by SIGSTOP, Ctrl-Z or a debugger? */
bool others_is_stopped(int pid);

/* The number that it has in its own namespace; 0: not known. */
int others_own_number(int pid);

/* When it was started, CLOCK_REALTIME in seconds; 0: it is gone. */
int64_t others_started_s(int pid);

/* A thread of it that has not ended: where the first one has and others go on, the process's own files in
 * /proc are empty. Mostly the process's number. */
int others_thread(int pid);

/* Reads a file of /proc/PID, or where its link leads, as far as there is room; a NUL is behind it. Returns
 * the length, or -1. */
ssize_t others_read(int pid, const char *name, char *bytes, size_t size);
ssize_t others_link(int pid, const char *name, char *bytes, size_t size);

/* The file of memory of that name ("/memfd:...") that it has mapped, by its number; 0: none. */
uint64_t others_mapped(int pid, const char *name);

#endif
