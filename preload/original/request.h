/* SPDX-License-Identifier: MIT */
/* A replay while the original goes on: because somebody asks for it (SIGUSR1), or because the original hangs.
 * The oldest snapshot has a copy made of itself, which replays up to the present eval and reports by itself.
 */
#ifndef LIGHTSSS_PRELOAD_ORIGINAL_REQUEST_H
#define LIGHTSSS_PRELOAD_ORIGINAL_REQUEST_H

#include <stdbool.h>
#include <sys/types.h>

#include "run/shared_page.h"

/* In the original: asks for it. Async-signal-safe. */
void request_send(void);

/* In the copy of a parked copy: makes everything ready for replay_begin(). False: it cannot be. */
bool request_begins(struct shared_slot *slot, bool hangs);

/* In such a replay: that process goes on in its place. */
void request_passes_on(pid_t pid);

/* In such a replay, when it begins to write its report: the next request waits for that. */
void request_ends(void);

/* And when it has written it: the next request may come. */
void request_done(void);

/* In the parked snapshot, where no copy of it can be made: says so. */
void request_fails(int error);

/* In the original, before it ends: waits until such a replay is done, but not for ever. Async-signal-safe. */
void request_settle(void);

#endif
