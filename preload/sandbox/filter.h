/* SPDX-License-Identifier: MIT */
/* The seccomp filter of a replay: a program for the kernel, made of the table of calls. */
#ifndef LIGHTSSS_PRELOAD_SANDBOX_FILTER_H
#define LIGHTSSS_PRELOAD_SANDBOX_FILTER_H

#include <linux/filter.h>
#include <stddef.h>
#include <stdint.h>

#define FILTER_SIZE 1024 /* instructions at most */

/* The numbers that are always let through. */
const short *filter_allowed(size_t *count);

/* Code from start to before end may make any system call: it is ours. Returns the number of instructions, or
 * -E2BIG. Pure logic. */
int filter_build(struct sock_filter program[FILTER_SIZE], uintptr_t start, uintptr_t end);

/* The same for the code of this library, and puts the filter in force for the calling thread and those it
 * will make. Returns 0 or -errno. */
int filter_install(void);

#endif
