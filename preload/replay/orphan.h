/* SPDX-License-Identifier: MIT */
/* A copy whose original died without a word: by SIGKILL, by the out-of-memory killer, by an end that nobody
 * can see. The oldest replays, and reports what the original would have reported. */
#ifndef LIGHTSSS_PRELOAD_REPLAY_ORPHAN_H
#define LIGHTSSS_PRELOAD_REPLAY_ORPHAN_H

#include <stdbool.h>
#include <stdint.h>

#include "options/end.h"
#include "run/shared_page.h"

/* In the original, before and after a copy is made; in the copy, before it lets go of the original's
 * descriptors: keeps what that will need. */
void orphan_before_copy(void);
void orphan_after_copy(void);
void orphan_in_copy(void);

/* In a replay that begins: where memory runs out the kernel is to kill it and not the original beside it. */
void orphan_yield(void);

/* In a parked copy whose original is gone: how did that end, and is it for this copy to replay? Waits for
 * older ones, which come first. True: everything is ready for replay_begin(). */
bool orphan_replays(struct shared_slot *slot);

/* In a copy: from now on our lines go where the original's stderr goes. */
void orphan_say_to_user(void);

/* In a replay: is there nobody who waits for its findings? Async-signal-safe. */
bool orphan_is_alone(void);

/* In a replay that is alone: is there a reason to finish now (enum replay_asked)? If not, the kernel's signal
 * comes when it is time to ask again. Async-signal-safe. */
uint32_t orphan_watch(void);

/* In a replay that is alone, behind its verdict: writes the report and says what the original would have
 * said. */
void orphan_report(void);

/* In a replay: keeps room on the disk for what orphan_report() writes, as the original does for its own.
 * Signals are blocked. */
void orphan_reserve(void);

#endif
