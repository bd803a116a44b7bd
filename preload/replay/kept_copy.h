/* SPDX-License-Identifier: MIT */
/* The kept copy (LIGHTSSS_PARK): a copy of the snapshot that replays stays parked behind the run, with all
 * that a replay needs, and has copies of itself replay for who asks at its door. */
#ifndef LIGHTSSS_PRELOAD_REPLAY_KEPT_COPY_H
#define LIGHTSSS_PRELOAD_REPLAY_KEPT_COPY_H

#include "snapshot/take.h"

/* For take.h. */
extern const struct take_kept kept_copy_side;

#endif
