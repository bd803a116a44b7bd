/* SPDX-License-Identifier: MIT */
/* At which eval does the simulation time reach a goal? To look at each would cost, so looks come ever closer
 * together as the goal comes nearer, by the pace of the time so far. Where the time does not jump, the last
 * looks are at each eval, and the eval is known exactly. Pure logic. */
#ifndef LIGHTSSS_PRELOAD_ORIGINAL_TIME_SEARCH_H
#define LIGHTSSS_PRELOAD_ORIGINAL_TIME_SEARCH_H

#include <stdbool.h>
#include <stdint.h>

struct time_search {
    uint64_t eval, time;           /* of the last look: what the time was behind that eval */
    uint64_t from_eval, from_time; /* of the look from which on the pace counts */
    uint64_t next_eval;            /* of the next look; UINT64_MAX: there is nothing to look for */
};

/* From eval 1 on. */
void time_search_begin(struct time_search *search);

/* Behind that eval the time is known: says when to look again for the next goal above it (UINT64_MAX: there
 * is none). The last look is the one before. */
void time_search_look(struct time_search *search, uint64_t eval, uint64_t time, uint64_t goal);

#endif
