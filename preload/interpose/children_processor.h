/* SPDX-License-Identifier: MIT */
/* vfork() between the processor's part (children_<processor>.c) and children.c. */
#ifndef LIGHTSSS_PRELOAD_INTERPOSE_CHILDREN_PROCESSOR_H
#define LIGHTSSS_PRELOAD_INTERPOSE_CHILDREN_PROCESSOR_H

#include <sys/types.h>

/* In the place of vfork(). */
pid_t children_vfork(void) __attribute__((visibility("hidden")));

/* Before it: what a replay is told, 0: there is to be a child. Errno is that of the answer. */
pid_t children_vfork_told(void) __attribute__((visibility("hidden")));

/* After it, in the parent: what to return for the kernel's result; or all is to be done again. */
#define CHILDREN_VFORK_AGAIN (-2)
pid_t children_vfork_answer(long result) __attribute__((visibility("hidden")));

#endif
