/* SPDX-License-Identifier: MIT */
/* Where only a function of the simulator tells its time (sc_time_stamp(), vl_time_stamp64()): it may wait for
 * a lock that the very thread has which ends the process, or ends it itself. So the original does not call
 * it. A process beside it does, which may be killed. */
#ifndef LIGHTSSS_PRELOAD_ORIGINAL_TIME_BESIDE_H
#define LIGHTSSS_PRELOAD_ORIGINAL_TIME_BESIDE_H

#include <stdint.h>

/* The time by the best source, or END_TIME_UNKNOWN. Takes a second at most. */
uint64_t time_beside_ask(void);

#endif
