/* SPDX-License-Identifier: MIT */
/* What a report says of the snapshot that is kept behind the run (LIGHTSSS_PARK). */
#ifndef LIGHTSSS_PRELOAD_REPORT_KEPT_SNAPSHOT_H
#define LIGHTSSS_PRELOAD_REPORT_KEPT_SNAPSHOT_H

#include "base/text.h"

/* Waits until it is known whether it is kept; not for long. From here on its time counts. */
void kept_snapshot_await(void);

/* Appends a member of the report; nothing where it is not asked for. */
void kept_snapshot_append(struct text *json);

/* Its line. */
void kept_snapshot_say(void);

#endif
