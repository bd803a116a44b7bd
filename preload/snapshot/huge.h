/* SPDX-License-Identifier: MIT */
/* Huge pages of the original. The first write to one that a snapshot shares splits it, and the original has
 * small pages there for good, each copied by a fault of its own. Where it writes to many pages of each, it is
 * given its own huge page at once: that costs a fifth of the faults, and memory is as fast as before. Needs
 * Linux 6.7 (else all stays as it is). On the thread that looks, under the keeper's lock. */
#ifndef LIGHTSSS_PRELOAD_SNAPSHOT_HUGE_H
#define LIGHTSSS_PRELOAD_SNAPSHOT_HUGE_H

#include <stdint.h>

/* In an original, before its first snapshot. */
void huge_begin(void);

/* A snapshot is about to be taken of a simulator that has held so much: notes where huge pages are. */
void huge_before_snapshot(uint64_t peak_bytes);

/* At each look while there are snapshots. copied: pages that were copied since the last one was taken.
 * Returns how many bytes it has copied in its turn. */
uint64_t huge_look(uint64_t copied);

/* How soon there may be something to do; UINT64_MAX: not before the next snapshot. */
uint64_t huge_wait_ns(void);

#endif
