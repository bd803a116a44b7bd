/* SPDX-License-Identifier: MIT */
/* Ends a parked snapshot, whatever rights the simulator has given up since it was taken. */
#ifndef LIGHTSSS_PRELOAD_SNAPSHOT_DISMISS_H
#define LIGHTSSS_PRELOAD_SNAPSHOT_DISMISS_H

#include <stdbool.h>

#include "run/shared_page.h"

/* Kills it; one that lingers is killed by who it lingers for. True: it is to be looked after until it is
 * dead. Async-signal-safe. */
bool dismiss_snapshot(struct shared_slot *slot, bool lingers);

#endif
