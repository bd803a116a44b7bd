/* SPDX-License-Identifier: MIT */
/* The clocks of a replay: it is told the times that the original was told. A stream belongs to a thread, a
 * clock and a place in the code: what only the replay asks (the header of its waveform) takes nothing away
 * from the simulator. Where the original was not asked any more, the clock goes on from the last answer. The
 * kernel's clocks have gone on meanwhile, so a time to wait until means another moment there. */
#ifndef LIGHTSSS_PRELOAD_RECORD_TOLD_TIME_H
#define LIGHTSSS_PRELOAD_RECORD_TOLD_TIME_H

#include <stdint.h>
#include <time.h>

#define TOLD_TIME_SECOND_NS INT64_C(1000000000)

/* In a woken copy, before it goes on: the clocks stand where they stood at its snapshot.
 * taken_ns: CLOCK_MONOTONIC then. */
void told_time_wake(uint64_t taken_ns);

/* What the simulator is told where the kernel's clock says kernel_ns. */
int64_t told_time_ns(uint64_t key, clockid_t clock, int64_t kernel_ns);

/* The same for a clock that tells seconds. */
time_t told_time_s(uint64_t key, time_t kernel_s);

struct timespec told_time_from_ns(int64_t ns);

static inline int64_t told_time_to_ns(const struct timespec *time)
{
    return time->tv_sec * TOLD_TIME_SECOND_NS + time->tv_nsec;
}

/* The moment at which the kernel's clock has gone as far as the simulator means by this time of its own.
 * Outside of a replay: the time itself. */
struct timespec told_time_for_kernel(clockid_t clock, const struct timespec *time);

/* The clock that a time of day or of running must be of: the two are decades apart. */
clockid_t told_time_guess_clock(const struct timespec *time);

#endif
