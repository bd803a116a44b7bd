/* SPDX-License-Identifier: MIT */
/* How long a replay may take: the original, which waits for it, and a replay that nobody waits for ask the
 * same. */
#ifndef LIGHTSSS_PRELOAD_RUN_PATIENCE_H
#define LIGHTSSS_PRELOAD_RUN_PATIENCE_H

#include <stdint.h>

#include "run/shared_page.h"

/* For a replay that was asked to finish, to do so between two evals; then it is asked again. */
#define PATIENCE_BETWEEN_EVALS_NS UINT64_C(500000000)

/* For the last eval of an original that was ended from outside. */
#define PATIENCE_LAST_EVAL_NS UINT64_C(2000000000)

/* In the original, whenever it looks at an eval, and when it ends: how long it has been since the last time
 * tells how long a replay may wait for another process. */
void patience_note_look(void);

/* Until when a replay of this snapshot that has begun may take (CLOCK_MONOTONIC). */
uint64_t patience_deadline_ns(const struct shared_slot *slot);

/* Until when the original waits for a replay that begins now beside it, and that keeps to its own deadline.
 */
uint64_t patience_beyond_ns(const struct shared_slot *slot, uint64_t now_ns);

/* Is there a reason not to wait for the replay any longer? An end that came from outside may have come inside
 * an eval that never returns: then the replay is in it as well. Returns one of enum replay_asked. */
uint32_t patience_overdue(uint64_t deadline_ns);

#endif
