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

/* Looks at the simulator's own time and keeps it. context: a VerilatedContext that is alive, or NULL. */
void simtime_look(const void *context);

/* The time last seen; false where the simulator has none to offer. */
bool simtime_seen(uint64_t *time);

#endif
