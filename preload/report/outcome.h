/* SPDX-License-Identifier: MIT */
/* How the waiting for a replay came out. */
#ifndef LIGHTSSS_PRELOAD_REPORT_OUTCOME_H
#define LIGHTSSS_PRELOAD_REPORT_OUTCOME_H

#include <stdint.h>

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
};

#endif
