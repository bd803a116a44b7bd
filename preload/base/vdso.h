/* SPDX-License-Identifier: MIT */
/* The clock without a system call, from the page of code that the kernel maps into every process. Libc reads
 * it the same way; but libfaketime and the like stand in front of libc's. */
#ifndef LIGHTSSS_PRELOAD_BASE_VDSO_H
#define LIGHTSSS_PRELOAD_BASE_VDSO_H

#include <stdint.h>

/* Once, where the loader's lock does no harm. */
void vdso_find(void);

/* As clock_ns(): where the kernel maps no such code, or it has not been looked for, by system call.
 * Async-signal-safe. */
uint64_t vdso_clock_ns(void);

#endif
