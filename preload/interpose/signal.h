/* SPDX-License-Identifier: MIT */
/* Signals whose default action ends the process. Where the simulator leaves the default, our handler stands
 * in its place and the simulator is shown the default; where the simulator installs a handler, it is
 * really installed, and we see the end that it leads to. */
#ifndef LIGHTSSS_PRELOAD_INTERPOSE_SIGNAL_H
#define LIGHTSSS_PRELOAD_INTERPOSE_SIGNAL_H

#include <stdbool.h>
#include <stdint.h>

/* At the first eval, on its thread: takes the place of every default action that is a failure's, and gives
 * the thread an alternate stack, so that a stack overflow is seen too. */
void signal_arm(void);

/* For code that may crash while the simulator must not: from here on every fault comes to ends_signal() on
 * this thread, whatever the simulator does with it. Gives the mask of signals for signal_leave_faults(). Not
 * nested. */
uint64_t signal_catch_faults(void);
void signal_leave_faults(uint64_t mask);

/* Is death by this signal a failure (CONTRACT)? Of SIGPIPE, for one, it is not. */
bool signal_is_failure(int signal);

#endif
