/* SPDX-License-Identifier: MIT */
/* The clocks of a replay: it is told the times that the original was told. A stream belongs to a thread, a
 * clock and a place in the code: what only the replay asks (the header of its waveform) takes nothing away
 * from the simulator. Where the original was not asked any more, the clock goes on from the last answer. The
 * kernel's clocks have gone on meanwhile, so a time to wait until means another moment there. */
#ifndef LIGHTSSS_PRELOAD_RECORD_TOLD_TIME_H
#define LIGHTSSS_PRELOAD_RECORD_TOLD_TIME_H

#include <stdint.h>
#include <time.h>

#include "record/answer.h"

#define TOLD_TIME_SECOND_NS INT64_C(1000000000)

/* In a woken copy, before it goes on: the clocks stand where they stood at its snapshot.
 * taken_ns: CLOCK_MONOTONIC then. */
void told_time_wake(uint64_t taken_ns);

/* For the functions below. */
int64_t told_time_look(uint64_t key, clockid_t clock, int64_t kernel_ns);
time_t told_time_look_s(uint64_t key, time_t kernel_s);

/* What the calling thread is told where the kernel's clock says kernel_ns; detail: what else tells its
 * streams apart. One load where nobody is told. */
static inline int64_t told_time_ns(enum answer_group group, uint64_t detail, clockid_t clock,
                                   int64_t kernel_ns)
{
    return role_may_be_told() ? told_time_look(answer_key(group, detail), clock, kernel_ns) : kernel_ns;
}

/* The same for a clock that tells seconds. */
static inline time_t told_time_s(enum answer_group group, uint64_t detail, time_t kernel_s)
{
    return role_may_be_told() ? told_time_look_s(answer_key(group, detail), kernel_s) : kernel_s;
}

struct timespec told_time_from_ns(int64_t ns);

static inline int64_t told_time_to_ns(const struct timespec *time)
{
    return time->tv_sec * TOLD_TIME_SECOND_NS + time->tv_nsec;
}

/* In a replay, the moment at which the kernel's clock has gone as far as the simulator means by this time of
 * its own. */
struct timespec told_time_for_kernel(clockid_t clock, const struct timespec *time);

/* The clock that a time of day or of running must be of: the two are decades apart. */
clockid_t told_time_guess_clock(const struct timespec *time);

#endif
