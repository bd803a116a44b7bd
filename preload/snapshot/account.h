/* SPDX-License-Identifier: MIT */
/* The account of what snapshots cost: stalls, watching, copies. On the thread that looks, under the keeper's
 * lock. */
#ifndef LIGHTSSS_PRELOAD_SNAPSHOT_ACCOUNT_H
#define LIGHTSSS_PRELOAD_SNAPSHOT_ACCOUNT_H

#include <stdbool.h>
#include <stdint.h>

/* In an original, before its first snapshot. */
void account_init(void);

/* A snapshot was taken, or tried in vain: what it costs is counted from here on. */
void account_begin(uint64_t stall_ns);

/* At each look: is there a snapshot, so that pages are copied? To be called before the last one goes, too. */
void account_look(bool is_shared);

/* So much was spent otherwise. is_system: in the kernel, by this thread, so that it is no page's price. */
void account_pay(uint64_t ns, bool is_system);

/* How many pages were copied since the last snapshot; what that one has cost; what all have. */
uint64_t account_copied(void);
uint64_t account_ns(void);
uint64_t account_total_ns(void);

#endif
