/* SPDX-License-Identifier: MIT */
/* The monotonic clock by a raw system call: libfaketime and the like stand in front of libc's. */
#ifndef LIGHTSSS_CLOCK_H
#define LIGHTSSS_CLOCK_H

#include <stdint.h>
#include <sys/syscall.h>
#include <time.h>

#include "raw_syscall.h"

/* CLOCK_MONOTONIC in nanoseconds; async-signal-safe. */
static inline uint64_t clock_ns(void)
{
    struct timespec now = {0, 0};

    raw_syscall2(SYS_clock_gettime, CLOCK_MONOTONIC, (long)&now);
    return (uint64_t)now.tv_sec * 1000000000u + (uint64_t)now.tv_nsec;
}

#endif
