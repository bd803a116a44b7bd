/* SPDX-License-Identifier: MIT */
/* A stack of our own for what happens at the end of a process. The simulator may end on any stack: an
 * alternate one of 8 KiB, a thread's smallest, or one that has just overflowed; the replay's last dump is the
 * tracer's work and takes as much as that likes. */
#ifndef LIGHTSSS_PRELOAD_BASE_STACK_H
#define LIGHTSSS_PRELOAD_BASE_STACK_H

#include <stddef.h>

/* Maps a stack with a guard page below it. Returns its lowest address, or NULL. Untouched pages cost nothing.
 */
char *stack_map(size_t size);
void stack_unmap(char *stack, size_t size);

/* Maps the stack, once. Where that fails stack_run() stays on the caller's. */
void stack_prepare(void);

/* Calls function(argument) on it; a call from there stays there. One thread at a time. While it runs, the
 * stack is the thread's alternate signal stack as well, so that handlers of faults go on below. */
void stack_run(void (*function)(void *argument), void *argument);

/* The processor's part (stack_<processor>.c): calls function(argument) with the stack pointer at top. */
void stack_switch(void (*function)(void *argument), void *argument, void *top);

#endif
