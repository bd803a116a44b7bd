/* SPDX-License-Identifier: MIT */
/* Points of a run up to which a waveform is wanted while the simulator goes on: which have passed, which may
 * be replayed, and at which eval there is something to look at. Pure logic. An eval is counted from 1; one is
 * complete when it has returned. */
#ifndef LIGHTSSS_PRELOAD_ORIGINAL_POINTS_PLAN_H
#define LIGHTSSS_PRELOAD_ORIGINAL_POINTS_PLAN_H

#include <stdbool.h>
#include <stdint.h>

#include "options/end.h"
#include "options/options.h"
#include "run/shared_page.h"

#define POINTS_PLAN_MAX (OPTIONS_POINTS_MAX + OPTIONS_TRIGGERS_MAX + 1) /* and a request */

struct point {
    enum point_state {
        POINT_COMES,   /* of LIGHTSSS_AT: the run is not there yet */
        POINT_PASSED,  /* and what comes after it may not have */
        POINT_REPLAYS, /* a snapshot was asked for it */
        POINT_DONE,
    } state;
    enum end_kind kind; /* END_AT, END_TRIGGER or END_REQUEST */
    bool is_time;       /* of LIGHTSSS_AT: asked for is a simulation time */
    uint64_t goal;      /* of LIGHTSSS_AT */
    /* Once it has passed: */
    uint64_t first_eval,
        last_eval;     /* it is the first, or (by time, where that is not known) one up to the last */
    uint64_t ns;       /* when it was seen; CLOCK_MONOTONIC */
    uint64_t newest;   /* number of the youngest snapshot that may lie before it */
    uint64_t snapshot; /* number of the one that is to replay; 0: not chosen yet */
    char line[SHARED_LINE_SIZE];   /* what was printed; "" ... */
    char place[SHARED_PLACE_SIZE]; /* ... and to what */
};

struct points_plan {
    unsigned count;
    unsigned triggers;  /* that may still come */
    uint64_t triggered; /* the eval of the last one; UINT64_MAX: none yet */
    uint64_t left_out;  /* that came all the same */
    uint64_t after_evals;
    struct point list[POINTS_PLAN_MAX];
};

void points_plan_init(struct points_plan *plan, const struct options *options);

/* One that has passed with this eval. NULL: it is one too many, and was left out; or a further line of an
 * eval whose waveform is made already. */
struct point *points_plan_add(struct points_plan *plan, enum end_kind kind, uint64_t eval, const char *line,
                              const char *place);

/* So many evals are complete: the next of LIGHTSSS_AT that was one of them, which passes; NULL: none. */
struct point *points_plan_pass(struct points_plan *plan, uint64_t complete);

/* The same for simulation times: it was below `time` behind eval `before`, and is `time` behind eval `at`. */
struct point *points_plan_pass_time(struct points_plan *plan, uint64_t time, uint64_t before, uint64_t at);

/* The one whose replay can begin, of those that have passed the first; all that the run has to tell is there
 * where so many evals are complete. NULL: none. */
struct point *points_plan_ripe(struct points_plan *plan, uint64_t complete);

/* The lowest simulation time that is to come; END_TIME_UNKNOWN: none. */
uint64_t points_plan_time(const struct points_plan *plan);

/* How many evals must be complete for the next thing to happen that evals decide, where so many are;
 * UINT64_MAX: none. What could be replayed and waits for another replay is none: evals do not decide that. */
uint64_t points_plan_next(const struct points_plan *plan, uint64_t complete);

unsigned points_plan_count(const struct points_plan *plan, enum point_state state);

/* The first of those in that state; NULL: none. */
const struct point *points_plan_first(const struct points_plan *plan, enum point_state state);

/* Those that have passed are done without a replay. */
void points_plan_drop(struct points_plan *plan);

/* Is a request among those that have passed? */
bool points_plan_has_request(const struct points_plan *plan);

/* Is the snapshot of that number needed? */
bool points_plan_wants(const struct points_plan *plan, uint64_t snapshot);

#endif
