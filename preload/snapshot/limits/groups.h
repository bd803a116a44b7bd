/* SPDX-License-Identifier: MIT */
/* The control groups that this process is in, found once for all that has limits there. Raw system calls, no
 * heap; one thread at a time.
 */
#ifndef LIGHTSSS_PRELOAD_SNAPSHOT_LIMITS_GROUPS_H
#define LIGHTSSS_PRELOAD_SNAPSHOT_LIMITS_GROUPS_H

#include <stdbool.h>

#include "snapshot/limits/cgroup.h"

/* Looks where they are: before all below, and again where the process may have been moved. */
void groups_find(void);

/* The least that the groups of either release leave. */
struct cgroup_left groups_left(enum cgroup_resource resource);

/* Is the time that they may have of processors limited? */
bool groups_limit_time(void);

/* Where memory runs out, does the kernel kill all of a control group at once, or nobody, so that all wait? */
bool groups_are_merciless(void);

#endif
