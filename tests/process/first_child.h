/* SPDX-License-Identifier: MIT */
/* The children of a process, as the kernel lists them. */
#ifndef LIGHTSSS_TESTS_PROCESS_FIRST_CHILD_H
#define LIGHTSSS_TESTS_PROCESS_FIRST_CHILD_H

#include <stdbool.h>
#include <sys/types.h>

/* The first one of its main thread that is wanted (NULL: any), whatever it runs; 0: there is none. */
pid_t first_child(pid_t pid, bool (*is_wanted)(pid_t child));

#endif
