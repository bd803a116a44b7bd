/* SPDX-License-Identifier: MIT */
/* A replay while the original goes on: a snapshot has a copy made of itself, which replays up to a point of
 * the run and reports by itself. One at a time; which and when say points.h, and the snapshots themselves
 * where the original hangs. */
#ifndef LIGHTSSS_PRELOAD_ORIGINAL_REQUEST_H
#define LIGHTSSS_PRELOAD_ORIGINAL_REQUEST_H

#include <stdbool.h>
#include <stdint.h>

#include "run/shared_page.h"

/* In the original: asks the snapshot for it. False: another thread has just asked for something.
 * Async-signal-safe. */
bool request_begin(struct shared_slot *slot, const struct shared_point *point);

/* One is under way, or was asked for; one that is only writing its report is waited for. Async-signal-safe.
 */
bool request_is_under_way(void);

/* What became of one that was asked for? Does not wait. */
enum request_state {
    REQUEST_RUNS,     /* or is about to */
    REQUEST_OVER,     /* it has ended, or there was none */
    REQUEST_IN_VAIN,  /* the snapshot was gone before it could answer */
    REQUEST_NO_ANSWER /* nor does it, though it lives */
};
enum request_state request_look(void);

/* Before the original ends: waits until it is over, but not for ever. All signals are blocked. Returns the
 * signal by which somebody has ended the waiting, or 0. Until echo_ns (CLOCK_MONOTONIC) such a one says again
 * what has ended the original. */
int request_await(uint64_t echo_ns, enum request_state *state);

#endif
