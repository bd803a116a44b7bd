/* SPDX-License-Identifier: MIT */
/* What time it is in the simulation, by the best source that the simulator has. hooks.h says which there are.
 */
#ifndef LIGHTSSS_HOOKS_MODEL_SIMTIME_H
#define LIGHTSSS_HOOKS_MODEL_SIMTIME_H

#include "model/library.h"

/* Looks where a library that was just found has its time. */
void simtime_learn(struct library *library);

/* The library of the primary model. */
void simtime_use(const struct library *library);

/* Has the simulator a function of its own that tells the time? */
bool simtime_has_stamp(void);

/* Is this a SystemC simulator? */
bool simtime_is_systemc(void);

/* The time of a VerilatedContext that is alive; 0 where that is not known either. */
uint64_t simtime_in_context(const void *context);

/* How the testbench's own function is called: see hooks.h. */
void simtime_call_by(bool (*call)(void (*function)(void *context), void *context));

/* Looks at the simulator's own time and keeps it. context: a VerilatedContext that is alive, or NULL; may its
 * time be 0, or does that say that nobody sets it? evals: so many have begun. */
void simtime_look(const void *context, bool zero_is_a_time, uint64_t evals);

/* Is there a function of the testbench's own that may know what was never seen? */
bool simtime_may_ask(void);

/* Would it have been called at the last look, if somebody had said how? */
bool simtime_is_hidden(void);

/* Where nothing tells the time: the number of evals. It goes on from what was seen before, if that was. */
uint64_t simtime_counted(uint64_t evals, uint64_t tick);

/* The time last seen; false where the simulator has none to offer. */
bool simtime_seen(uint64_t *time);

#endif
