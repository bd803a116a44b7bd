/* SPDX-License-Identifier: MIT */
/* The original's side of a failure: wake a survivor, wait for its replay, report. Everything here
 * may run in a signal handler of a process whose heap is broken: raw system calls, no heap, no stdio. */
#ifndef LIGHTSSS_PRELOAD_ORIGINAL_WAKE_H
#define LIGHTSSS_PRELOAD_ORIGINAL_WAKE_H

#include "options/end.h"

/* The original has failed as *end says: does all that the CONTRACT says a failure leaves. The caller has
 * blocked all signals. Returns when the original may go on to its end. */
void wake_replay(const struct end *end);

#endif
