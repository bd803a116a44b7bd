/* SPDX-License-Identifier: MIT */
/* Watches how near the limits on the number of processes are. On the thread that looks, under the keeper's
 * lock, but for processes_are_near(). starts_programs: see process_limit.h. */
#ifndef LIGHTSSS_PRELOAD_SNAPSHOT_LIMITS_PROCESSES_H
#define LIGHTSSS_PRELOAD_SNAPSHOT_LIMITS_PROCESSES_H

#include <stdbool.h>

#include "base/text.h"

/* Must the oldest snapshot go? soon: the simulator is about to make a child, and what was seen a while ago
 * will not do. Once it is dead, processes_changed() is to be called, and this again. */
bool processes_are_short(bool starts_programs, bool soon);

/* What was seen does not hold any more. In the original, before the first snapshot, too. */
void processes_changed(void);

/* Is there room for a snapshot? If not, it is said why (room.h). */
bool processes_have_room(bool starts_programs);

/* Is a limit so near that each child of the simulator must be looked at? For any thread. */
bool processes_are_near(void);

/* For lightsss doctor: false where no limit is near. */
bool processes_describe_limit(struct text *text);

/* The kernel has refused a snapshot (EAGAIN): appends which limit that was. False: it cannot be seen. */
bool processes_describe_refusal(struct text *text);

#endif
