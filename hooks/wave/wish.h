/* SPDX-License-Identifier: MIT */
/* A testbench that traces does so from its first eval on, or from where somebody wants it: behind a number of
 * cycles, at a signal, at a command. The one is the way in which it always runs; the other is a wish. */
#ifndef LIGHTSSS_HOOKS_WAVE_WISH_H
#define LIGHTSSS_HOOKS_WAVE_WISH_H

#include <stdbool.h>

/* The testbench opens a waveform now. Is it somebody's wish? To be asked once for each. */
bool wish_is_made(void);

/* One that was no wish is closed: the next that is opened goes on where it was, in another file. */
void wish_continues(void);

#endif
