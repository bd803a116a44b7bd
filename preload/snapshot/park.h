/* SPDX-License-Identifier: MIT */
/* A snapshot parks: it sleeps on its futex word in the shared page until it is woken, killed, or hears
 * that its original has ended. Raw system calls only: no other thread exists and any lock may be held. */
#ifndef LIGHTSSS_PRELOAD_SNAPSHOT_PARK_H
#define LIGHTSSS_PRELOAD_SNAPSHOT_PARK_H

#include <stdbool.h>
#include <stdint.h>

#include "options/options.h"
#include "run/shared_page.h"

enum park_reason {
    PARK_WOKEN,     /* the original wants the replay */
    PARK_DISMISSED, /* the original has no use for it any more */
    PARK_ORPHANED,  /* the original is gone without a word */
    PARK_ASKED,     /* a copy of this one is to replay, while the original goes on */
    PARK_KEPT,      /* a copy of this one is to be kept behind the run */
    PARK_STILL,     /* the original has not begun an eval for too long: the same */
};

/* When the original hangs: for how long no eval has begun (0: it may); how many have begun by now; and which
 * snapshot is to replay a hang. */
struct park_patience {
    uint64_t hang_ns;
    uint64_t (*evals)(void);
    const struct options *options;
};

/* In the copy: sleeps until there is a reason to stop sleeping. Reaps the copies that it has made. */
enum park_reason park_wait(struct shared_page *page, struct shared_slot *slot,
                           const struct park_patience *patience);

/* In the original: has the snapshot of this slot wake (SLOT_WAKE), be copied and the copy woken (SLOT_COPY),
 * be kept (SLOT_KEEP) or end (SLOT_QUIT). Async-signal-safe. */
void park_command(struct shared_slot *slot, enum slot_command command);

/* Is a copy of a copy at work, or about to be, while the original goes on? Async-signal-safe. */
bool park_is_asked(const struct shared_page *page);

#endif
