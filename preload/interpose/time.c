/* SPDX-License-Identifier: MIT */
/* What time it is. clock(), timespec_get(), ftime() and std::chrono ask clock_gettime(), at whose entry we
 * stand. time() and gettimeofday() have no entry in libc: the loader binds every caller to the kernel's code
 * (vDSO), which is not ours to change; so these two are met by name. libc itself does not need them, and a
 * caller that looks them up in libc by dlsym() is told the true time.
 *
 * A stream belongs to a thread, a clock and a place in the code: what only the replay asks (the header of
 * its waveform) takes nothing away from the simulator. Where the original was not asked any more, the clock
 * goes on from the last answer. */
#define _GNU_SOURCE
#include "interpose/time.h"

#include <stdatomic.h>
#include <stddef.h>
#include <sys/resource.h>
#include <sys/time.h>
#include <sys/times.h>

#include "base/clock.h"
#include "base/next.h"
#include "base/own_thread.h"
#include "interpose/libc.h"
#include "record/input_mode.h"
#include "record/time_log.h"
#include "record/world.h"
#include "run/role.h"
#include "run/run.h"
#include "snapshot/burial.h"

#define SECOND_NS   INT64_C(1000000000)
#define CLOCKS      (CLOCK_TAI + 1)
#define CALLER_KEY  ((uint64_t)__builtin_return_address(0) << 8)
#define YEAR_2000_S 946684800

static int (*libc_clock_gettime)(clockid_t clock, struct timespec *time);
static clock_t (*libc_times)(struct tms *times);
static int (*libc_getrusage)(int who, struct rusage *usage);

/* In a replay, how far the kernel's clocks are ahead of what the simulator is told. */
static _Atomic int64_t ahead_ns[CLOCKS];

static int64_t to_ns(const struct timespec *time)
{
    return time->tv_sec * SECOND_NS + time->tv_nsec;
}

static struct timespec from_ns(int64_t ns)
{
    int64_t rest = ns % SECOND_NS;

    if (rest < 0)
        rest += SECOND_NS;
    return (struct timespec){(ns - rest) / SECOND_NS, rest};
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

void time_wake(uint64_t taken_ns)
{
    int64_t passed_ns = (int64_t)(clock_ns() - taken_ns);

    for (clockid_t clock = 0; clock < CLOCKS; clock++)
        if (!is_cpu_clock(clock))
            set_ahead(clock, passed_ns);
}

struct timespec time_for_kernel(clockid_t clock, const struct timespec *time)
{
    if (!input_is_fed())
        return *time;
    return from_ns(to_ns(time) + get_ahead(clock));
}

clockid_t time_guess_clock(const struct timespec *time)
{
    return time->tv_sec >= YEAR_2000_S ? CLOCK_REALTIME : CLOCK_MONOTONIC;
}

/* What the original is told where the kernel says kernel_ns. */
static int64_t answer_ns(uint64_t key, clockid_t clock, int64_t kernel_ns)
{
    int64_t ns;

    if (input_is_recorded() && time_log_record(key, kernel_ns))
        return kernel_ns;
    if (!input_is_fed())
        return kernel_ns;
    if (!time_log_feed(key, &ns))
        return kernel_ns - get_ahead(clock);
    set_ahead(clock, kernel_ns - ns);
    return ns;
}

/* A thread's CPU clock has another number in a replay. */
static uint64_t clock_key(clockid_t clock, uint64_t caller)
{
    return world_key(WORLD_CLOCK_GETTIME, caller | (uint8_t)(clock < 0 ? -1 : clock));
}

static int on_clock_gettime(clockid_t clock, struct timespec *time)
{
    int r = libc_clock_gettime(clock, time);

    if (r != 0 || input_mode() == INPUT_NOT_CONCERNED)
        return r;
    int64_t now_ns = to_ns(time), told_ns = answer_ns(clock_key(clock, CALLER_KEY), clock, now_ns);
    if (told_ns != now_ns) /* never in the original: no division there */
        *time = from_ns(told_ns);
    return 0;
}

/* They are no children of the simulator's. */
static bool has_snapshots(void)
{
    return role_is_original();
}

static clock_t on_times(struct tms *times)
{
    clock_t ticks = libc_times(times);
    if (ticks != (clock_t)-1 && times != NULL && has_snapshots())
        burial_leave_out_ticks(times);
    const struct world_bytes bytes = {times, sizeof *times};

    return world_answer(INPUT_TIME, world_key(WORLD_TIMES, CALLER_KEY), ticks, bytes);
}

static int on_getrusage(int who, struct rusage *usage)
{
    int r = libc_getrusage(who, usage);
    const struct world_bytes bytes = {usage, sizeof *usage};

    if (r != 0)
        return r;
    if (who == RUSAGE_CHILDREN && has_snapshots())
        burial_leave_out(usage);
    return (int)world_answer(INPUT_TIME, world_key(WORLD_GETRUSAGE, CALLER_KEY | (uint8_t)who), r, bytes);
}

const struct libc_hook time_hooks[] = {
    {"clock_gettime", (void *)on_clock_gettime, (void **)&libc_clock_gettime},
    {"times", (void *)on_times, (void **)&libc_times},
    {"getrusage", (void *)on_getrusage, (void **)&libc_getrusage},
};
const size_t time_hooks_count = sizeof time_hooks / sizeof *time_hooks;

/* --- by name --- */

time_t time(time_t *place)
{
    time_t now = NEXT(time)(NULL);
    int64_t ns;

    if (input_is_recorded() && time_log_record(world_key(WORLD_TIME, CALLER_KEY), now * SECOND_NS))
        ns = 0; /* it is told the truth */
    else if (input_is_fed())
        now = time_log_feed(world_key(WORLD_TIME, CALLER_KEY), &ns)
                  ? ns / SECOND_NS
                  : from_ns(now * SECOND_NS - get_ahead(CLOCK_REALTIME)).tv_sec;
    if (place != NULL)
        *place = now;
    return now;
}

int gettimeofday(struct timeval *restrict time, void *restrict zone)
{
    const struct timeval *volatile wanted = time; /* it may be NULL, whatever the header says */
    int r = NEXT(gettimeofday)(time, zone);

    if (r != 0 || wanted == NULL)
        return r;
    if (input_mode() == INPUT_NOT_CONCERNED)
        return 0;
    int64_t now_ns = time->tv_sec * SECOND_NS + time->tv_usec * 1000;
    int64_t told_ns = answer_ns(world_key(WORLD_GETTIMEOFDAY, CALLER_KEY), CLOCK_REALTIME, now_ns);
    if (told_ns == now_ns)
        return 0;
    struct timespec told = from_ns(told_ns);
    *time = (struct timeval){told.tv_sec, told.tv_nsec / 1000};
    return 0;
}
