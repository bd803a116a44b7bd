/* SPDX-License-Identifier: MIT */
/* A waveform up to a point of the run while the simulator goes on: LIGHTSSS_AT, LIGHTSSS_TRIGGER, and what
 * somebody asks for (SIGUSR1). One after the other, each in a process of its own and with a run directory of
 * its own. The snapshot that is to replay stays parked until it has. */
#ifndef LIGHTSSS_PRELOAD_ORIGINAL_POINTS_H
#define LIGHTSSS_PRELOAD_ORIGINAL_POINTS_H

#include <stdbool.h>
#include <stdint.h>

#include "options/end.h"
#include "snapshot/threads/threads_signal.h"

/* An original begins. */
void points_begin(void);

/* At a look, before a snapshot is taken: that eval is about to run. And when it has returned. */
void points_look(uint64_t eval);
void points_eval_done(uint64_t eval);

/* Asks the hooks for the next look, as hooks->due_in(): sooner where a point comes sooner. */
void points_due_in(uint64_t evals);

/* Somebody asks for a waveform up to now: what becomes of it. Async-signal-safe, on any thread. */
enum threads_answer points_request(void);

/* The original ends so, and holds the keeper's lock: is there something to do before? Then points_finish()
 * does it, with all signals blocked. Async-signal-safe. */
bool points_are_left(const struct end *end);
void points_finish(const struct end *end);

/* After that: what did not come, and what was left out. */
void points_say_missed(void);

/* After so many evals another program takes the simulator's place: says what will not be made. Under the
 * keeper's lock. */
void points_give_up(uint64_t evals);

#endif
