/* SPDX-License-Identifier: MIT */
/* After a snapshot each page that the original writes to is copied, on the original's time. A fresh snapshot
 * spares it that where a processor idles: it copies for itself the pages that the original is about to write
 * to (precopy_plan.h), which then has them alone. What the snapshot's memory holds is the same. */
#ifndef LIGHTSSS_PRELOAD_SNAPSHOT_PRECOPY_H
#define LIGHTSSS_PRELOAD_SNAPSHOT_PRECOPY_H

#include <stdbool.h>
#include <stdint.h>
#include <sys/types.h>

#include "run/shared_page.h"

/* In the original, before its first snapshot. is_limited: the time of its copies is taken from its own. */
void precopy_begin(bool is_limited);

/* In the original, before each snapshot: so much memory may be taken yet, by whomever; the process of the
 * snapshot before, 0: there is none. Is it worth it? */
void precopy_allow(uint64_t most_bytes, pid_t before);
bool precopy_is_wanted(void);

/* In a fresh copy that has let go of what is open, before it sleeps. Raw system calls only. */
void precopy_run(struct shared_page *page, const struct shared_slot *slot);

/* In the original, after the snapshot of this number was taken: one that has lost its place would die on the
 * processor that the newest copies on. It is told to end, and woken when that is done. False: it is not. */
bool precopy_leave(const struct shared_page *page, struct shared_slot *evicted, uint64_t newest);

/* In the original: so much was copied since it was last asked. */
uint64_t precopy_taken_bytes(struct shared_page *page);

#endif
