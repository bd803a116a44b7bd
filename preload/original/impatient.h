/* SPDX-License-Identifier: MIT */
/* Signals by which somebody asks an original that waits for a replay to end now. They end the waiting, and
 * are consumed, so that the original still ends as it would have without us. */
#ifndef LIGHTSSS_PRELOAD_ORIGINAL_IMPATIENT_H
#define LIGHTSSS_PRELOAD_ORIGINAL_IMPATIENT_H

#include <stdint.h>

#include "options/end.h"

/* The set of them, for the kernel. */
uint64_t impatient_signals(void);

/* Until when (CLOCK_MONOTONIC) such a signal is no impatience, where the waiting began at start_ns: who ends
 * a job often says it twice. 0: nobody has asked the simulator to end, by a signal that it died of or that
 * its own handler took. */
uint64_t impatient_echo_ns(const struct end *end, uint64_t start_ns);

/* Takes one that is pending; all signals are blocked. Returns its number, 0: there is none. */
int impatient_take(void);

#endif
