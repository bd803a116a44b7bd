/* SPDX-License-Identifier: MIT */
/* The snapshots that were parked when the simulator failed, for the report: taken down before one of them
 * wakes. */
#ifndef LIGHTSSS_PRELOAD_REPORT_SNAPSHOT_LIST_H
#define LIGHTSSS_PRELOAD_REPORT_SNAPSHOT_LIST_H

#include "base/text.h"

/* In the original, or in the copy that reports in its place. Again it does nothing. */
void snapshot_list_take(void);

/* Appends them as a JSON array, oldest first. */
void snapshot_list_append(struct text *json);

#endif
