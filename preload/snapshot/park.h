/* SPDX-License-Identifier: MIT */
/* A snapshot parks: it sleeps on its futex word in the shared page until it is woken, killed, or hears
 * that its original has ended. Raw system calls only: no other thread exists and any lock may be held. */
#ifndef LIGHTSSS_PARK_H
#define LIGHTSSS_PARK_H

#include <stdint.h>

#include "shared_page.h"

enum park_reason {
    PARK_WOKEN,     /* the original wants the replay */
    PARK_DISMISSED, /* the original has no use for it any more */
    PARK_ORPHANED,  /* the original is gone without a word */
};

/* In the copy: sleeps until there is a reason to stop sleeping. */
enum park_reason park_wait(const struct shared_page *page, struct shared_slot *slot);

/* In the original: wakes the snapshot of this slot. */
void park_wake(struct shared_slot *slot);

/* In the original: tells the snapshot of this slot to end. */
void park_dismiss(struct shared_slot *slot);

#endif
