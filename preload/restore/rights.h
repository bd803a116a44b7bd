/* SPDX-License-Identifier: MIT */
/* The rights of a replay. A simulator may give rights up after a snapshot (root that becomes another user):
 * its snapshots still have them. What a replay does, it does with the rights that the original had at last,
 * so that who may do less cannot have a replay do more. Raw system calls, no heap. */
#ifndef LIGHTSSS_PRELOAD_RESTORE_RIGHTS_H
#define LIGHTSSS_PRELOAD_RESTORE_RIGHTS_H

#include <stdbool.h>

/* In the original, before it wakes or asks a copy, and now and then: notes users, groups and capabilities in
 * the shared page, for copies that nobody wakes because it was killed. */
void rights_note(void);

/* In the woken copy, while it has one thread: takes on what was noted, where that is something else than it
 * has. Returns 0 or -errno: then it must not go on. */
int rights_take(void);

/* Were others taken on? What the simulator then does to give rights up is done already. */
bool rights_were_taken(void);

#endif
