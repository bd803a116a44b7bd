/* SPDX-License-Identifier: MIT */
/* System calls that a replay may make as they are: what they change is the process's own, a descriptor
 * (whatever can be written to is the replay's own by then), or nothing. */
#ifndef LIGHTSSS_PRELOAD_SANDBOX_ALLOWED_H
#define LIGHTSSS_PRELOAD_SANDBOX_ALLOWED_H

#include <stddef.h>

/* The numbers that are always let through. */
const short *allowed_numbers(size_t *count);

#endif
