/* SPDX-License-Identifier: MIT */
/* One of several replays that follow each other in the run's time, as the parts of `lightsss replay --all`
 * see it. */
#ifndef LIGHTSSS_SCRIPTS_COMMAND_SEGMENT_H
#define LIGHTSSS_SCRIPTS_COMMAND_SEGMENT_H

#include <jansson.h>
#include <stdbool.h>
#include <stdint.h>

enum segment_state { SEGMENT_WAITS, SEGMENT_RUNS, SEGMENT_OVER };

struct segment {
    unsigned number;                /* from 1 */
    uint64_t rung;                  /* whose snapshot replays (run/kept_rungs.h) */
    uint64_t first_eval, last_eval; /* of the stretch */
    bool is_last;                   /* it ends as the run did */
    enum segment_state state;
    int connection;  /* SEGMENT_RUNS */
    const char *why; /* SEGMENT_OVER, where it did not come to a verdict; else NULL */
    char *refusal;   /* of its kept snapshot, in words; NULL: it did not refuse */
    bool is_told;    /* how it went */
    json_t *report;  /* SEGMENT_OVER; NULL: there is none */
};

#endif
