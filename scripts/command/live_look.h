/* SPDX-License-Identifier: MIT */
/* Looks at what runs now. */
#ifndef LIGHTSSS_SCRIPTS_COMMAND_LIVE_LOOK_H
#define LIGHTSSS_SCRIPTS_COMMAND_LIVE_LOOK_H

#include <stdbool.h>

#include "live.h"

/* Fills the list, which live_free() empties again. with_memory: walks through the page tables of all. Returns
 * 0 or -errno, and then it is empty. */
int live_look(struct live *live, bool with_memory);

#endif
