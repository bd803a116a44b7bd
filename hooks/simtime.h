/* SPDX-License-Identifier: MIT */
/* What time it is in the simulation, by the best source that the simulator has. hooks.h says which there are.
 */
#ifndef LIGHTSSS_HOOKS_SIMTIME_H
#define LIGHTSSS_HOOKS_SIMTIME_H

#include "library.h"

/* The library of the primary model, and its row (NULL: not known). */
void simtime_use(const struct library *library, const struct verilator_release *release);

/* Has the simulator a function of its own that tells the time? */
bool simtime_has_stamp(void);

/* Is this a SystemC simulator? */
bool simtime_is_systemc(void);

/* How the testbench's own function is called: see hooks.h. */
void simtime_call_by(bool (*call)(void (*function)(void *context), void *context));

/* Looks at the simulator's own time and keeps it. context: a VerilatedContext that is alive, or NULL; evals:
 * so many have begun. */
void simtime_look(const void *context, uint64_t evals);

/* Is there a function of the testbench's own that may know what was never seen? */
bool simtime_may_ask(void);

/* Would it have been called at the last look, if somebody had said how? */
bool simtime_is_hidden(void);

/* Where nothing tells the time: the number of evals. It goes on from what was seen before, if that was. */
uint64_t simtime_counted(uint64_t evals, uint64_t tick);

/* The time last seen; false where the simulator has none to offer. */
bool simtime_seen(uint64_t *time);

#endif
