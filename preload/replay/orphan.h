/* SPDX-License-Identifier: MIT */
/* A copy whose original died without a word: by SIGKILL, by the out-of-memory killer, by an end that nobody
 * can see. One of them replays, and reports what the original would have reported. */
#ifndef LIGHTSSS_PRELOAD_REPLAY_ORPHAN_H
#define LIGHTSSS_PRELOAD_REPLAY_ORPHAN_H

#include <stdbool.h>

#include "run/shared_page.h"

/* In a parked copy whose original is gone: how did that end, and is it for this copy to replay? Waits for
 * those that come before it by LIGHTSSS_BACK. True: everything is ready for replay_begin(). */
bool orphan_replays(struct shared_slot *slot);

/* In a replay: where nobody waits for it, it asks itself whether there is a reason to finish now (enum
 * replay_asked). If not, the kernel's signal comes when it is time to ask again. Returns whether that is so.
 * Async-signal-safe. */
bool orphan_watch(void);

/* In a replay, behind its verdict: writes the report. Where it is alone it says what the original would have
 * said; else that adds to the report what only it knows, unless it is killed first. */
void orphan_report(void);

/* In a replay: keeps room on the disk for what orphan_report() writes, as the original does for its own.
 * Signals are blocked. */
void orphan_reserve(void);

#endif
