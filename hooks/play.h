/* SPDX-License-Identifier: MIT */
/* A replay lets the testbench's own tracers write: the first one open is the waveform of the run
 * directory, the others write beside it under the base names that the testbench gave. */
#ifndef LIGHTSSS_HOOKS_PLAY_H
#define LIGHTSSS_HOOKS_PLAY_H

#include <stdbool.h>

/* Opens what is held back, and what the testbench opens from now on. path: of the first one, absolute. */
void play_start(const char *path);

/* Has any of them dumped? */
bool play_has_dumped(void);

/* Closes all of them; nothing more is opened. */
void play_stop(void);

#endif
