/* SPDX-License-Identifier: MIT */
/* Is an address in libc's code? There what a register held as an argument of a system call is not read again
 * behind it, and the number of a system call stands close before it. */
#ifndef LIGHTSSS_PRELOAD_SNAPSHOT_THREADS_LIBRARY_CODE_H
#define LIGHTSSS_PRELOAD_SNAPSHOT_THREADS_LIBRARY_CODE_H

#include <stdbool.h>
#include <stdint.h>

void library_code_find(void);
bool library_code_holds(uintptr_t address);

#endif
