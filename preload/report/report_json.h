/* SPDX-License-Identifier: MIT */
/* report.json. */
#ifndef LIGHTSSS_PRELOAD_REPORT_REPORT_JSON_H
#define LIGHTSSS_PRELOAD_REPORT_REPORT_JSON_H

#include <stdbool.h>
#include <stdint.h>

#include "options/end.h"

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

/* What the report and the last lines say of the replay, whatever its outcome. */
struct conclusion {
    const char *verdict;
    const char *why; /* "" for reproduced */
    bool has_wave;
    const char *wave_why;
    uint64_t wave_bytes;
    bool is_written; /* report.json */
};

/* Returns 0 or -errno. */
int report_json_write(const struct end *end, const struct outcome *outcome,
                      const struct conclusion *conclusion);

#endif
