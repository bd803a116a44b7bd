/* SPDX-License-Identifier: MIT */
/* A replay that was asked for (original/request.h), on its own side: the parked snapshot has had a copy made
 * of itself, which replays while the original goes on. */
#ifndef LIGHTSSS_PRELOAD_REPLAY_ASKED_H
#define LIGHTSSS_PRELOAD_REPLAY_ASKED_H

#include <stdbool.h>
#include <stdint.h>
#include <sys/types.h>

#include "base/text.h"
#include "run/shared_page.h"

/* In the copy of a parked copy: makes everything ready for replay_begin(). False: it cannot be. */
bool asked_begins(struct shared_slot *slot, bool hangs);

/* The same in a copy of a kept copy (kept_copy.h), which has a page of its own. Where it cannot be, `why` is
 * told. */
bool asked_begins_from_kept(struct shared_slot *slot, struct text *why);

/* The original's page, of which such a replay's own is a copy. */
struct shared_page *asked_common(void);

/* Is this such a replay, or the spare of one? */
bool asked_is_beside(void);

/* In such a replay: the signal by which somebody does not want to wait for it any longer; 0: there is none.
 */
uint32_t asked_to_end(void);

/* In such a replay: that process goes on in its place. */
void asked_passes_on(pid_t pid);

/* In such a replay, when it begins to write its report: the next request waits for that. */
void asked_ends(void);

/* And when it has written it: the next request may come. */
void asked_done(void);

/* In the parked snapshot, where no copy of it can be made: says so. */
void asked_fails(int error);

#endif
