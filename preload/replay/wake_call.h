/* SPDX-License-Identifier: MIT */
/* LIGHTSSS_WAKE_CALL: functions of the simulator's that are called in the woken snapshot before it goes on,
 * to switch a reference model's log on, say. Never in the original. */
#ifndef LIGHTSSS_PRELOAD_REPLAY_WAKE_CALL_H
#define LIGHTSSS_PRELOAD_REPLAY_WAKE_CALL_H

#include <stdint.h>

#include "options/calls.h"

/* In the original, at its first eval: reads the option. */
void wake_call_prepare(void);

/* In the replay, on the thread that evals, between two evals: calls them. One that crashes, throws or ends
 * the process is left where it is, and noted. */
void wake_call_make(void);

/* The processor's part (wake_call_<processor>.c): calls it, and lets no exception pass: an unwinder finds
 * nothing behind this frame, as behind main()'s caller. */
void wake_call_enter(uintptr_t function, const struct call *call);

#endif
