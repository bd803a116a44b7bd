/* SPDX-License-Identifier: MIT */
/* Files of the user's that the original has removed or replaced since the snapshot: private files of what was
 * kept of them (record/renames.h). */
#ifndef LIGHTSSS_PRELOAD_SANDBOX_KEPT_H
#define LIGHTSSS_PRELOAD_SANDBOX_KEPT_H

#include <stddef.h>
#include <stdint.h>

/* The file of which this record tells, as it was at the snapshot; snapshot_ns: when that was, by the wall
 * clock; path: for the report. Returns a descriptor or -errno. */
int kept_file(size_t record, const char *path, uint64_t snapshot_ns);

#endif
