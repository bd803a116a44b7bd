/* SPDX-License-Identifier: MIT */
/* Memory that a copy shares with others: files mapped MAP_SHARED, /dev/shm, shared anonymous memory. A replay
 * must not write there, and wants to read what was there at the snapshot. */
#ifndef LIGHTSSS_PRELOAD_RESTORE_MAPPINGS_H
#define LIGHTSSS_PRELOAD_RESTORE_MAPPINGS_H

#include <stdint.h>

/* In a woken copy, before its threads exist and after files_set_back(): every shared mapping but our own
 * that is writable, or can be made so, is one of a private file, with the contents of the snapshot where they
 * were kept. Of other files that are mapped, it is noted where they were changed since. taken_ns: when the
 * snapshot was taken, CLOCK_MONOTONIC. Returns 0 or -errno. Raw system calls only. */
int mappings_set_back(uint64_t taken_ns);

#endif
