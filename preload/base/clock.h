/* SPDX-License-Identifier: MIT */
/* The clocks by a raw system call: libfaketime and the like stand in front of libc's. */
#ifndef LIGHTSSS_PRELOAD_BASE_CLOCK_H
#define LIGHTSSS_PRELOAD_BASE_CLOCK_H

#include <stdint.h>
#include <sys/syscall.h>
#include <time.h>

#include "base/raw_syscall.h"

#define SECOND_NS      UINT64_C(1000000000)
#define MILLISECOND_NS UINT64_C(1000000)

static inline uint64_t clock_read_ns(clockid_t clock)
{
    struct timespec now = {0, 0};

    raw_syscall2(SYS_clock_gettime, clock, &now);
    return (uint64_t)now.tv_sec * SECOND_NS + (uint64_t)now.tv_nsec;
}

/* CLOCK_MONOTONIC in nanoseconds; async-signal-safe. */
static inline uint64_t clock_ns(void)
{
    return clock_read_ns(CLOCK_MONOTONIC);
}

/* What this thread has used of a processor: on a busy machine others run meanwhile. */
static inline uint64_t clock_used_ns(void)
{
    return clock_read_ns(CLOCK_THREAD_CPUTIME_ID);
}

/* CLOCK_REALTIME as it was then: what the times of files are compared with. */
static inline uint64_t clock_wall_ns(uint64_t then_ns)
{
    return clock_read_ns(CLOCK_REALTIME) - (clock_ns() - then_ns);
}

#endif
