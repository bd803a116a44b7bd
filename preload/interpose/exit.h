/* SPDX-License-Identifier: MIT */
/* The ways a process ends itself: exit and return from main (by the exit handler registered first, so that it
 * runs last), quick_exit, _exit, _Exit and a raw exit_group through libc's syscall(). */
#ifndef LIGHTSSS_PRELOAD_INTERPOSE_EXIT_H
#define LIGHTSSS_PRELOAD_INTERPOSE_EXIT_H

/* In the constructor, in every process: a model may come later. Returns 0 or -errno. */
int exit_register(void);

/* What is printed must be in the files by the end: writes what stdio keeps. */
void exit_flush(void);

/* The same for streams that are files, as libc does behind the last handler. One that a thread holds is left
 * alone. */
void exit_flush_files(void);

/* The end comes now: no handler runs, no stream is flushed, and it may be in a signal handler. */
void exit_abruptly(int status) __attribute__((visibility("hidden")));

#endif
