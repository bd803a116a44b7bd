/* SPDX-License-Identifier: MIT */
/* What the kernel tells of limits on the number of processes. Raw system calls, no heap; one thread at a
 * time.
 */
#ifndef LIGHTSSS_PRELOAD_SNAPSHOT_LIMITS_PROCESS_FACTS_H
#define LIGHTSSS_PRELOAD_SNAPSHOT_LIMITS_PROCESS_FACTS_H

#include "snapshot/limits/process_limit.h"

/* Those of the control groups that groups_find() has found, of the user and of the machine. Where
 * the kernel does not tell how many processes a user has, all must be looked at: some 20 us each. That is
 * done only where the machine has nearly as many as the user may have. */
void process_facts_left(struct process_left *left);

#endif
