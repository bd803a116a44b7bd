/* SPDX-License-Identifier: MIT */
/* What has to be looked for in the simulator's own objects: how a release that the table does not know lays
 * them out, and where a context keeps its workers. */
#ifndef LIGHTSSS_HOOKS_WAVE_LAYOUT_H
#define LIGHTSSS_HOOKS_WAVE_LAYOUT_H

#include "hooks.h"

/* Is the row of the simulator's release more than a guess? */
bool layout_known(void);

/* Does the table know it, so that its row tells where a tracer has its file? */
bool layout_is_of_table(void);

/* Asks a release that is newer than the table; where it fits, the row is known and corrected from now on.
 * Uses the simulator's heap, and Verilator may call anything fatal. */
void layout_probe(enum hooks_format format);

/* Where the context of the model keeps its workers: *place, NULL where it has none. False: not found. */
bool layout_pool(void ***place);

#endif
