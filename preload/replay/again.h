/* SPDX-License-Identifier: MIT */
/* A replay that another one goes on in the place of: a spare copy of the woken snapshot parks until it is
 * known whether the first one's waveform is what it can be. There is one spare, and it leaves none itself. */
#ifndef LIGHTSSS_PRELOAD_REPLAY_AGAIN_H
#define LIGHTSSS_PRELOAD_REPLAY_AGAIN_H

#include <stdbool.h>

#include "run/shared_page.h"

/* For take.h: in whose page a spare copy of a woken one parks. NULL: none is wanted. */
struct shared_page *again_wants_spare(void);

/* Is there one, to which this replay may pass on? */
bool again_may(void);

/* Would another replay, that takes as long as this one has, be through in time? */
bool again_has_time(void);

/* What it is to do otherwise stands in the page. Does not return where there is one. */
void again_pass_on(void);

#endif
