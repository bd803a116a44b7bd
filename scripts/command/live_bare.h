/* SPDX-License-Identifier: MIT */
/* Runs without a snapshot: memory was too short for any, or each was refused. */
#ifndef LIGHTSSS_SCRIPTS_COMMAND_LIVE_BARE_H
#define LIGHTSSS_SCRIPTS_COMMAND_LIVE_BARE_H

#include <stdbool.h>

#include "live.h"

/* Adds those that no snapshot has told of. False: no memory. */
bool live_bare_add(struct live *live);

#endif
