/* SPDX-License-Identifier: MIT */
/* Which system call an instruction makes, as the code before it tells. (In libc it does not where all calls
 * pass by one instruction: glibc from 2.41 on, for those that are cancellation points.) */
#ifndef LIGHTSSS_PRELOAD_SNAPSHOT_THREADS_CALL_NUMBER_PROCESSOR_H
#define LIGHTSSS_PRELOAD_SNAPSHOT_THREADS_CALL_NUMBER_PROCESSOR_H

#include <stdbool.h>
#include <stdint.h>

/* The number of the system call whose instruction ends here; -1: there is none, or the code does not tell. */
long call_number_before(uintptr_t behind, bool in_library);

#endif
