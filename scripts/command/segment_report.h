/* SPDX-License-Identifier: MIT */
/* The report of several segments, and what is said of one. */
#ifndef LIGHTSSS_SCRIPTS_COMMAND_SEGMENT_REPORT_H
#define LIGHTSSS_SCRIPTS_COMMAND_SEGMENT_REPORT_H

#include <stddef.h>

#include "segment.h"

/* "reproduced", "diverged", "incomplete". */
const char *segment_report_verdict(const struct segment *segment);

/* Why it is not reproduced, or its waveform does not begin where it should; NULL: all is well. */
const char *segment_report_why(const struct segment *segment);

/* What the segment has noted and is not in this array yet: adds it, and shows each to `tell` (NULL: to
 * nobody).
 */
void segment_report_add_notes(json_t *notes, const struct segment *segment, void (*tell)(const char *note));

/* That of all of them, which took so long by now; run: the report of the run, or NULL. NULL: out of memory.
 */
json_t *segment_report_make(const json_t *run, const struct segment *segments, size_t count, double seconds);

#endif
