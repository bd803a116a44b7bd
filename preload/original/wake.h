/* SPDX-License-Identifier: MIT */
/* The original's side of a failure: wake the oldest survivor, wait for its replay, report. Everything here
 * may run in a signal handler of a process whose heap is broken: raw system calls, no heap, no stdio. */
#ifndef LIGHTSSS_PRELOAD_ORIGINAL_WAKE_H
#define LIGHTSSS_PRELOAD_ORIGINAL_WAKE_H

#include <stdint.h>

#include "options/end.h"
#include "run/shared_page.h"

/* How the waiting for a replay came out. */
struct wake_outcome {
    enum wake_result {
        WAKE_NONE_LEFT, /* no snapshot was alive */
        WAKE_REPLAYED,  /* the findings are in the shared page */
        WAKE_LOST,      /* every snapshot that was woken died without a word */
        WAKE_GIVEN_UP,  /* the replay was asked to finish, and did not */
    } result;
    uint32_t asked; /* why it was asked to finish, see struct shared_replay */
    int signal;     /* LOST: what the last replay died of, 0: it just ended */
    uint64_t snapshot_number, snapshot_eval, snapshot_time; /* of the last one woken */
};

/* The original has failed as *end says: does all that the CONTRACT says a failure leaves. The caller has
 * blocked all signals. Returns when the original may go on to its end. */
void wake_replay(const struct end *end);

/* Until when a replay of this snapshot that has begun may take (CLOCK_MONOTONIC). */
uint64_t wake_deadline_ns(const struct shared_slot *slot);

/* For a replay that was asked to finish, to do so between two evals; then it is asked again. */
#define WAKE_BETWEEN_EVALS_NS UINT64_C(500000000)

/* For the last eval of an original that was ended from outside. */
#define WAKE_LAST_EVAL_NS UINT64_C(2000000000)

/* Is there a reason not to wait for the replay any longer? An end that came from outside may have come inside
 * an eval that never returns: then the replay is in it as well. Returns one of enum replay_asked. */
uint32_t wake_overdue(uint64_t deadline_ns);

#endif
