/* SPDX-License-Identifier: MIT */
/* The design's own end: $stop, $fatal and failed assertions all call vl_stop() inside an eval, which prints,
 * lets everybody close what is open, and ends the process. A replay that is to go on behind it takes the way
 * out of there. */
#ifndef LIGHTSSS_HOOKS_MODEL_STOP_H
#define LIGHTSSS_HOOKS_MODEL_STOP_H

#include <stdbool.h>

/* From now on asks, where nothing but the end would follow, whether the eval is to go on instead: then
 * vl_stop() returns, as if it had not been called, and does so at once from then on. In a replay. */
void stop_watch(bool (*goes_on)(void));

/* Is the calling thread in such a call, of which it is not known yet how it ends? */
bool stop_is_under_way(void);

#endif
