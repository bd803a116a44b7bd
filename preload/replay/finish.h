/* SPDX-License-Identifier: MIT */
/* The end of a replay: last values, close, verdict into the shared page, report where nobody waits for it,
 * gone. */
#ifndef LIGHTSSS_PRELOAD_REPLAY_FINISH_H
#define LIGHTSSS_PRELOAD_REPLAY_FINISH_H

#include <stdbool.h>

#include "options/end.h"
#include "run/verdict.h"

/* It has come to such an end. May be called again by a fault in what it does: it goes on with the next step.
 */
_Noreturn void finish_with(const struct end *end);

/* Has a thread begun with that? */
bool finish_is_under_way(void);

/* It cannot go on: the same with this verdict and the reason for it. An attribute: to clang _Noreturn is no
 * part of the type, which is that of a role. */
__attribute__((noreturn)) void finish_stop(enum verdict verdict, const char *why);

/* It could not even begin. */
_Noreturn void finish_in_vain(const char *what, int error);

/* Where nobody waits any longer. */
void finish_if_asked(void);

/* Where it waits for another process. */
_Noreturn void finish_for_partner(void);

/* The handler of THREADS_SIGNAL. */
void finish_on_signal(void *ucontext);

#endif
