/* SPDX-License-Identifier: MIT */
/* What the original did to names after the snapshot (record/renames.h), undone for the replay: in the table
 * of names, not on the disk. */
#ifndef LIGHTSSS_PRELOAD_SANDBOX_MOVED_BACK_H
#define LIGHTSSS_PRELOAD_SANDBOX_MOVED_BACK_H

/* In a woken copy with one thread, after place_prepare(). */
void moved_back(void);

#endif
