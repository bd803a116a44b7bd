/* SPDX-License-Identifier: MIT */
/* Signals by which somebody asks an original that waits for a replay to end now. They end the waiting, and
 * are consumed, so that the original still ends as it would have without us. */
#ifndef LIGHTSSS_PRELOAD_ORIGINAL_IMPATIENT_H
#define LIGHTSSS_PRELOAD_ORIGINAL_IMPATIENT_H

#include <stdint.h>

/* The set of them, for the kernel. */
uint64_t impatient_signals(void);

/* Takes one that is pending; all signals are blocked. Returns its number, 0: there is none. */
int impatient_take(void);

#endif
