/* SPDX-License-Identifier: MIT */
/* What time it is. clock(), timespec_get(), ftime() and std::chrono ask clock_gettime(), at whose entry we
 * stand. time() and gettimeofday() have no entry in libc: the loader binds every caller to the kernel's code
 * (vDSO), which is not ours to change; so these two are met by name. libc itself does not need them, and a
 * caller that looks them up in libc by dlsym() is told the true time. */
#define _GNU_SOURCE
#include <stddef.h>
#include <sys/resource.h>
#include <sys/time.h>
#include <sys/times.h>

#include "base/next.h"
#include "interpose/libc_hook.h"
#include "record/answer.h"
#include "record/told_time.h"
#include "run/role.h"
#include "snapshot/burial.h"

#define CALLER_KEY ((uint64_t)__builtin_return_address(0) << 8)

static int (*libc_clock_gettime)(clockid_t clock, struct timespec *time);
static clock_t (*libc_times)(struct tms *times);
static int (*libc_getrusage)(int who, struct rusage *usage);

/* A thread's CPU clock has another number in a replay. */
static uint64_t detail(clockid_t clock, uint64_t caller)
{
    return caller | (uint8_t)(clock < 0 ? -1 : clock);
}

static int on_clock_gettime(clockid_t clock, struct timespec *time)
{
    int r = libc_clock_gettime(clock, time);

    if (r != 0)
        return r;
    int64_t now_ns = told_time_to_ns(time),
            told_ns = told_time_ns(ANSWER_CLOCK_GETTIME, detail(clock, CALLER_KEY), clock, now_ns);
    if (told_ns != now_ns) /* never in the original: no division there */
        *time = told_time_from_ns(told_ns);
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
    return answer_replaced(TAPE_TIME, answer_key(ANSWER_TIMES, CALLER_KEY), ticks, times, sizeof *times);
}

static int on_getrusage(int who, struct rusage *usage)
{
    int r = libc_getrusage(who, usage);

    if (r != 0)
        return r;
    if (who == RUSAGE_CHILDREN && has_snapshots())
        family_leave_out(burial_family(), usage);
    return (int)answer_replaced(TAPE_TIME, answer_key(ANSWER_GETRUSAGE, CALLER_KEY | (uint8_t)who), r, usage,
                                sizeof *usage);
}

static const struct libc_hook rows[] = {
    LIBC_HOOK("clock_gettime", on_clock_gettime, libc_clock_gettime),
    LIBC_HOOK("times", on_times, libc_times),
    LIBC_HOOK("getrusage", on_getrusage, libc_getrusage),
};
const struct libc_hooks time_hooks = LIBC_HOOKS(rows);

/* --- by name --- */

time_t time(time_t *place)
{
    time_t now = told_time_s(ANSWER_TIME, CALLER_KEY, NEXT(time)(NULL));

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
    int64_t now_ns = time->tv_sec * TOLD_TIME_SECOND_NS + time->tv_usec * 1000;
    int64_t told_ns = told_time_ns(ANSWER_GETTIMEOFDAY, CALLER_KEY, CLOCK_REALTIME, now_ns);
    if (told_ns == now_ns)
        return 0;
    struct timespec told = told_time_from_ns(told_ns);
    *time = (struct timeval){told.tv_sec, told.tv_nsec / 1000};
    return 0;
}
