/* SPDX-License-Identifier: MIT */
/* The life of a woken copy: it becomes the replay, runs dark up to the window, dumps every eval, and ends
 * where the original ended (finish.h). */
#ifndef LIGHTSSS_PRELOAD_REPLAY_REPLAY_H
#define LIGHTSSS_PRELOAD_REPLAY_REPLAY_H

#include <stdint.h>

#include "run/role.h"

/* In the woken copy, before any other thread exists: becomes the replay. `eval` is about to run. */
void replay_begin(uint64_t eval);

extern const struct role replay_role;

#endif
