/* SPDX-License-Identifier: MIT */
/* LIGHTSSS_AGES: which snapshots stay beside the newest. Two for each age A: the youngest that is so old, and
 * the oldest that is not, which will be in its place. Pure logic.
 *
 * So, from when the run is A old, one is parked that is at least A old; and it is at most 2 A old, or A and
 * an interval where snapshots are rarer than that. Until then it is that of the first eval. Both hold as long
 * as none is given up for want of memory. */
#ifndef LIGHTSSS_PRELOAD_SNAPSHOT_LIMITS_LADDER_H
#define LIGHTSSS_PRELOAD_SNAPSHOT_LIMITS_LADDER_H

#include <stdint.h>

#include "options/ages.h"
#include "snapshot/limits/slots.h"

/* Makes those extras (slots.h) that have no place, neither among the newest (slots->limit) nor by their age,
 * at that time and eval, and no others. */
void ladder_mark(const struct ages *ages, struct slots *slots, uint64_t now_ns, uint64_t eval);

#endif
