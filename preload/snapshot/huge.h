/* SPDX-License-Identifier: MIT */
/* Huge pages behind large memory of the original (LIGHTSSS_HUGE), piece by piece, at looks. Pages that it
 * shares with a snapshot it must copy one by one when it writes to them, and a huge page becomes small pages
 * by the first write: where it writes to many pages of a piece, one huge page in their place costs less than
 * the faults. Where memory is dense and large, the simulator is faster with huge pages, and snapshots stall
 * it less: huge_plan.h says when that is tried. Nothing that is not wholly there is touched: holes would be
 * filled. On the thread that looks, under the keeper's lock. */
#ifndef LIGHTSSS_PRELOAD_SNAPSHOT_HUGE_H
#define LIGHTSSS_PRELOAD_SNAPSHOT_HUGE_H

#include <stdbool.h>
#include <stdint.h>

/* In an original, before its first snapshot. */
void huge_begin(bool is_wanted, uint32_t budget_ppm);

/* A snapshot was taken at that eval of a simulator that has had so many faults and held so much. */
void huge_taken(uint64_t eval, uint64_t faults, uint64_t peak_bytes);

/* At each look. Does a part of what is to be done, step by step: may_go_on() is told how many bytes were
 * copied that snapshots hold in turn. left: of the time until the next snapshot, see cadence_left(). True:
 * what that took is won back by faster evals. */
bool huge_look(uint64_t eval, bool is_shared, uint64_t left, bool (*may_go_on)(uint64_t bytes));

/* How soon there may be something to do; UINT64_MAX: not before the next snapshot. */
uint64_t huge_wait_ns(bool is_shared);

/* After how many evals to look at the clock again, at most. Behind a snapshot they take far longer than
 * before, while they copy: as many as usual would be too many. */
uint64_t huge_most_evals(void);

#endif
