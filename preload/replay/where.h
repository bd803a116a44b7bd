/* SPDX-License-Identifier: MIT */
/* Where a replay stands, in words: for an original that hangs, because its replay comes to hang in the same
 * place. */
#ifndef LIGHTSSS_PRELOAD_REPLAY_WHERE_H
#define LIGHTSSS_PRELOAD_REPLAY_WHERE_H

/* In the replay, before the simulator goes on: takes down where functions are. Uses the heap. */
void where_prepare(void);

/* Notes "it hangs in clock_nanosleep, called from wait_for_host", mangled as they are, or nothing where
 * nothing is known. The frame is the one that a signal interrupted; call: of libc, where something of ours
 * stands in for it, or NULL. Async-signal-safe. */
void where_note(const void *ucontext, const char *call);

#endif
