/* SPDX-License-Identifier: MIT */
/* What a failing run says and leaves: the lines on stderr, report.json and wave.gtkw. Written by the original
 * while it dies: no heap, no stdio. */
#ifndef LIGHTSSS_PRELOAD_REPORT_REPORT_H
#define LIGHTSSS_PRELOAD_REPORT_REPORT_H

#include <stdint.h>

#include "options/end.h"
#include "run/shared_page.h"

/* How the waiting for a replay came out. */
struct outcome {
    enum outcome_result {
        OUTCOME_NONE_LEFT, /* no snapshot was alive */
        OUTCOME_REPLAYED,  /* the findings are in the shared page */
        OUTCOME_LOST,      /* every snapshot that was woken died without a word */
        OUTCOME_GIVEN_UP,  /* the replay was asked to finish, and did not */
    } result;
    uint32_t asked; /* why it was asked to finish, see struct shared_replay */
    int signal;     /* LOST: what the last replay died of, 0: it just ended */
    uint64_t snapshot_number, snapshot_eval, snapshot_time; /* of the last one woken */
    uint64_t snapshot_taken_ns;
};

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

/* After the replay: report.json, wave.gtkw, the verdict's line and the last line. */
void report_outcome(const struct end *end, const struct outcome *outcome);

#endif
