/* SPDX-License-Identifier: MIT */
/* The huge pages that the simulator had at its first snapshot: how many of them have become small? A few
 * stand for all. On the thread that looks, under the keeper's lock. */
#ifndef LIGHTSSS_PRELOAD_SNAPSHOT_HUGE_LOST_H
#define LIGHTSSS_PRELOAD_SNAPSHOT_HUGE_LOST_H

#include <stdint.h>

/* The first snapshot of a simulator that has held so much is about to be taken; 0: there is none yet. Returns
 * how long that took. */
uint64_t huge_lost_begin(uint64_t peak_bytes);

/* A look: what the simulator has spent outside the kernel, and evals. Returns what is known to be lost more
 * than at the looks before. */
uint64_t huge_lost_look(uint64_t user_ns, uint64_t evals);

#endif
