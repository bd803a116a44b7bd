/* SPDX-License-Identifier: MIT */
/* What a failing run says and leaves: the lines on stderr, report.json and wave.gtkw. Written by the original
 * while it dies: no heap, no stdio. */
#ifndef LIGHTSSS_PRELOAD_REPORT_REPORT_H
#define LIGHTSSS_PRELOAD_REPORT_REPORT_H

#include <stdint.h>

#include "options/end.h"
#include "report/report_json.h"
#include "run/shared_page.h"

/* First line: how the simulator ended. */
void report_failure(const struct end *end);

/* A snapshot is woken: its line, and report_progress(). */
void report_wake(const struct shared_slot *slot);

/* From the wake to the end of the replay: report.json as it is to stay if the replay is killed now, and all
 * who could report it. Nothing is said where it cannot be written. */
void report_progress(const struct shared_slot *slot);

/* Last line where no waveform can be made. */
void report_no_snapshot(void);
void report_no_directory(int error);

/* By the replay at its end, while the original waits for that: all that report_outcome() leaves in the run
 * directory, and no line. From here on nothing is lost where the original is killed. */
void report_beforehand(const struct end *end, const struct outcome *outcome);

/* After the replay: report.json, wave.gtkw, the verdict's line and the last line. */
void report_outcome(const struct end *end, const struct outcome *outcome);

#endif
