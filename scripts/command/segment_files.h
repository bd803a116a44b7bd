/* SPDX-License-Identifier: MIT */
/* The directory of segments, replay-N of a run directory: each has written to one of its own in there, and
 * its files get a place among the others': wave-1.vcd, wave-2.vcd and so on. */
#ifndef LIGHTSSS_SCRIPTS_COMMAND_SEGMENT_FILES_H
#define LIGHTSSS_SCRIPTS_COMMAND_SEGMENT_FILES_H

#include <limits.h>
#include <stddef.h>
#include <stdint.h>

#include "segment.h"

struct segment_files {
    char path[PATH_MAX];
    uint64_t replay; /* of its name */
    int directory;   /* descriptor */
    unsigned viewed; /* the segment whose view is that of all; 0: none yet */
};

/* Makes it. Returns 0 or -errno. */
int segment_files_make(struct segment_files *files, const char *run);

/* The segment is over: reads its report, and gives its files their names. */
void segment_files_take(struct segment_files *files, struct segment *segment);

/* Nothing has come of it: removes it, unless somebody has put something there. */
void segment_files_remove(const struct segment_files *files);

/* Writes the report of all, which took so long by now. Returns 0 or -errno. */
int segment_files_report(const struct segment_files *files, const char *run, const struct segment *segments,
                         size_t count, double seconds);

#endif
