/* SPDX-License-Identifier: MIT */
/* The life of a woken copy: it becomes the replay, runs dark up to the window, dumps every eval, and ends
 * where the original ended, with the waveform closed and its findings in the shared page. */
#ifndef LIGHTSSS_PRELOAD_REPLAY_REPLAY_H
#define LIGHTSSS_PRELOAD_REPLAY_REPLAY_H

#include <stdint.h>

#include "options/end.h"
#include "run/verdict.h"

/* In the woken copy, before any other thread exists: becomes the replay. `eval` is about to run. */
void replay_begin(uint64_t eval);

/* Eval number `eval` is about to run; has returned. */
void replay_eval_due(uint64_t eval);
void replay_eval_done(uint64_t eval);

/* The replay has come to an end of its own: last values, close, verdict, gone. May be called again by a fault
 * in what it does: it goes on with the next step. */
_Noreturn void replay_ended(const struct end *end);

/* The replay cannot go on: the same with this verdict and the reason for it. */
__attribute__((format(printf, 2, 3))) _Noreturn void replay_stop(enum verdict verdict, const char *format,
                                                                 ...);

#endif
