/* SPDX-License-Identifier: MIT */
/* The clocks of a replay: see told_time.h. */
#include "record/told_time.h"

#include <stdatomic.h>
#include <stdbool.h>

#include "base/clock.h"
#include "base/own_thread.h"
#include "record/time_log.h"

#define CLOCKS      (CLOCK_TAI + 1)
#define YEAR_2000_S 946684800

/* In a replay, how far the kernel's clocks are ahead of what the simulator is told. */
static _Atomic int64_t ahead_ns[CLOCKS];

struct timespec told_time_from_ns(int64_t ns)
{
    int64_t rest = ns % TOLD_TIME_SECOND_NS;

    if (rest < 0)
        rest += TOLD_TIME_SECOND_NS;
    return (struct timespec){(ns - rest) / TOLD_TIME_SECOND_NS, rest};
}

static bool is_kept_clock(clockid_t clock)
{
    return clock >= 0 && clock < CLOCKS;
}

static bool is_cpu_clock(clockid_t clock)
{
    return clock < 0 || clock == CLOCK_PROCESS_CPUTIME_ID || clock == CLOCK_THREAD_CPUTIME_ID;
}

static int64_t get_ahead(clockid_t clock)
{
    if (clock == CLOCK_THREAD_CPUTIME_ID)
        return own_thread()->ahead_ns;
    return is_kept_clock(clock) ? atomic_load_explicit(&ahead_ns[clock], memory_order_relaxed) : 0;
}

static void set_ahead(clockid_t clock, int64_t ns)
{
    if (clock == CLOCK_THREAD_CPUTIME_ID)
        own_thread()->ahead_ns = ns;
    else if (is_kept_clock(clock))
        atomic_store_explicit(&ahead_ns[clock], ns, memory_order_relaxed);
}

void told_time_wake(uint64_t taken_ns)
{
    int64_t passed_ns = (int64_t)(clock_ns() - taken_ns);

    for (clockid_t clock = 0; clock < CLOCKS; clock++)
        if (!is_cpu_clock(clock))
            set_ahead(clock, passed_ns);
}

struct timespec told_time_for_kernel(clockid_t clock, const struct timespec *time)
{
    if (time->tv_nsec < 0 || time->tv_nsec >= TOLD_TIME_SECOND_NS)
        return *time; /* it is refused */
    return told_time_from_ns(told_time_to_ns(time) + get_ahead(clock));
}

clockid_t told_time_guess_clock(const struct timespec *time)
{
    return time->tv_sec >= YEAR_2000_S ? CLOCK_REALTIME : CLOCK_MONOTONIC;
}

int64_t told_time_look(uint64_t key, clockid_t clock, int64_t kernel_ns)
{
    int64_t ns;

    if (time_log_record(key, kernel_ns))
        return kernel_ns;
    if (!time_log_feed(key, &ns))
        return kernel_ns - get_ahead(clock);
    set_ahead(clock, kernel_ns - ns);
    return ns;
}

/* A second is too coarse to tell how far ahead a clock is. */
time_t told_time_look_s(uint64_t key, time_t kernel_s)
{
    int64_t ns, kernel_ns = kernel_s * TOLD_TIME_SECOND_NS;

    if (time_log_record(key, kernel_ns))
        return kernel_s;
    if (!time_log_feed(key, &ns))
        ns = kernel_ns - get_ahead(CLOCK_REALTIME);
    return told_time_from_ns(ns).tv_sec;
}
