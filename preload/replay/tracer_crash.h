/* SPDX-License-Identifier: MIT */
/* A tracer is Verilator's code and the simulator's, and the original has not run it: a crash of it is another
 * end than the original's, and says nothing of the failure. */
#ifndef LIGHTSSS_PRELOAD_REPLAY_TRACER_CRASH_H
#define LIGHTSSS_PRELOAD_REPLAY_TRACER_CRASH_H

#include <stdbool.h>

#include "base/text.h"
#include "options/end.h"

/* In a signal handler; the frame is the one that it interrupted. A fault in a tracer that has not dumped yet
 * is left behind, and the replay goes on without a waveform: then this does not return. */
void tracer_crash_leave(int signal, const void *ucontext);

/* The replay is about to end. */
void tracer_crash_note(void);

/* Was it a tracer that it ended in? Then appends what is to be said. */
bool tracer_crash_explain(const struct end *end, struct text *why);

/* Was one left behind? And why there is no waveform then. */
bool tracer_crash_was_left(void);
void tracer_crash_explain_left(struct text *why);

#endif
