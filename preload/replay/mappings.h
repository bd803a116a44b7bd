/* SPDX-License-Identifier: MIT */
/* Memory that a copy shares with others: files mapped MAP_SHARED, /dev/shm, shared anonymous memory. A replay
 * must not write there. */
#ifndef LIGHTSSS_MAPPINGS_H
#define LIGHTSSS_MAPPINGS_H

/* In a woken copy, before its threads exist: every writable shared mapping but *kept becomes a private one
 * with the same contents at the same place. Returns 0 or -errno. Raw system calls only. */
int mappings_make_private(const void *kept);

#endif
