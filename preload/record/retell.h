/* SPDX-License-Identifier: MIT */
/* Signals that the original's handlers took, told again in a replay where they came: on the thread that evals
 * at the same instruction where that can be had, in the same call, or else at the same eval; on other threads
 * at the same eval. */
#ifndef LIGHTSSS_PRELOAD_RECORD_RETELL_H
#define LIGHTSSS_PRELOAD_RECORD_RETELL_H

#include <signal.h>
#include <stdbool.h>
#include <stdint.h>

/* On the thread that evals, in a replay: eval number `eval` is about to run. What came before it and was not
 * told yet is told now, and its handler may end the process. */
void retell_before(uint64_t eval);

/* Is that being done, on whatever thread? */
bool retell_is_before(void);

/* Behind that. Returns in how many evals it is to be asked again, at least 1 and `most` at most. */
uint64_t retell_due(uint64_t eval, uint64_t most);

/* It has returned. */
void retell_done(uint64_t eval);

/* The process is about to end: what has not been told yet, though the original had it by then, is told now.
 * Handlers run before this returns. */
void retell_rest(void);

/* Is the signal that has come to a handler one that was told? Then *info becomes the original's. Asked once
 * for each. Async-signal-safe. */
bool retell_is_told(int signal, siginfo_t *info);

/* Have all been told, and have come: does no handler of the simulator interrupt a thread any more? What it
 * does itself (a fault, raise()) is another matter. Async-signal-safe. */
bool retell_is_over(void);

/* Does somebody wait for this thread's handler to return? Then it is told when that has. */
bool retell_is_awaited(void);
void retell_handled(void);

#endif
