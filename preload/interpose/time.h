/* SPDX-License-Identifier: MIT */
/* The clocks of a replay: it is told the times that the original was told. The kernel's clocks have gone on
 * meanwhile, so a time to wait until means another moment there. */
#ifndef LIGHTSSS_PRELOAD_INTERPOSE_TIME_H
#define LIGHTSSS_PRELOAD_INTERPOSE_TIME_H

#include <stdint.h>
#include <time.h>

/* In a woken copy, before it goes on: the clocks stand where they stood at its snapshot.
 * taken_ns: CLOCK_MONOTONIC then. */
void time_wake(uint64_t taken_ns);

/* The moment at which the kernel's clock has gone as far as the simulator means by this time of its own.
 * Outside of a replay: the time itself. */
struct timespec time_for_kernel(clockid_t clock, const struct timespec *time);

/* The clock that a time of day or of running must be of: the two are decades apart. */
clockid_t time_guess_clock(const struct timespec *time);

#endif
