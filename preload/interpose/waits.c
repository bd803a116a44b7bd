/* SPDX-License-Identifier: MIT */
/* Waiting until a time. The kernel compares with its own clock, which in a replay is ahead of what the
 * simulator is told: each such wait would be over at once. So the time is moved by as much, and a wait lasts
 * as long as in the original. How it ends, by a time-out or by another thread, is a matter of scheduling in
 * both. Of waits for a time, the beginning is noted. */
#define _GNU_SOURCE
#include <errno.h>
#include <signal.h>
#include <stdbool.h>
#include <stddef.h>
#include <sys/sem.h>
#include <sys/syscall.h>
#include <time.h>

#include "interpose/libc.h"
#include "interpose/time.h"
#include "record/input.h"
#include "snapshot/threads/call_note.h"

/* What is waited for is handed on as it is: one or two pointers. The clock is told by a function's kind, or
 * by its caller; where it depends on the object, by the time itself. */
#define MOVED(clock, call, plain)                                                                            \
    if (time == NULL || !input_is_fed())                                                                     \
        return plain;                                                                                        \
    const struct timespec moved = time_for_kernel(clock, time);                                              \
    return call

#define ONE(name)                                                                                            \
    static int (*libc_##name)(void *object, const struct timespec *time);                                    \
    static int on_##name(void *object, const struct timespec *time)                                          \
    {                                                                                                        \
        MOVED(CLOCK_REALTIME, libc_##name(object, &moved), libc_##name(object, time));                       \
    }

#define ONE_BY_CLOCK(name)                                                                                   \
    static int (*libc_##name)(void *object, clockid_t clock, const struct timespec *time);                   \
    static int on_##name(void *object, clockid_t clock, const struct timespec *time)                         \
    {                                                                                                        \
        MOVED(clock, libc_##name(object, clock, &moved), libc_##name(object, clock, time));                  \
    }

#define TWO(name, clock)                                                                                     \
    static int (*libc_##name)(void *object, void *other, const struct timespec *time);                       \
    static int on_##name(void *object, void *other, const struct timespec *time)                             \
    {                                                                                                        \
        MOVED(clock, libc_##name(object, other, &moved), libc_##name(object, other, time));                  \
    }

#define TWO_BY_CLOCK(name)                                                                                   \
    static int (*libc_##name)(void *object, void *other, clockid_t clock, const struct timespec *time);      \
    static int on_##name(void *object, void *other, clockid_t clock, const struct timespec *time)            \
    {                                                                                                        \
        MOVED(clock, libc_##name(object, other, clock, &moved), libc_##name(object, other, clock, time));    \
    }

TWO(pthread_cond_timedwait, time_guess_clock(time))
TWO_BY_CLOCK(pthread_cond_clockwait)
ONE(pthread_mutex_timedlock)
ONE_BY_CLOCK(pthread_mutex_clocklock)
ONE(pthread_rwlock_timedrdlock)
ONE(pthread_rwlock_timedwrlock)
ONE_BY_CLOCK(pthread_rwlock_clockrdlock)
ONE_BY_CLOCK(pthread_rwlock_clockwrlock)
TWO(pthread_timedjoin_np, CLOCK_REALTIME)
TWO_BY_CLOCK(pthread_clockjoin_np)
ONE(sem_timedwait)
ONE_BY_CLOCK(sem_clockwait)

static int (*libc_clock_nanosleep)(clockid_t clock, int flags, const struct timespec *time,
                                   struct timespec *left);

/* The kernel writes what is left at every snapshot: not over what the caller has there, which may be the time
 * itself, and also where the caller does not want to know. */
static int sleep_for(clockid_t clock, int flags, const struct timespec *time, struct timespec *left)
{
    struct timespec rest = {0, 0};
    int r = libc_clock_nanosleep(clock, flags, time, &rest);

    if (r == EINTR && left != NULL)
        *left = rest;
    return r;
}

static int on_clock_nanosleep(clockid_t clock, int flags, const struct timespec *time, struct timespec *left)
{
    if ((flags & TIMER_ABSTIME) == 0)
        return sleep_for(clock, flags, time, left);
    MOVED(clock, libc_clock_nanosleep(clock, flags, &moved, left),
          libc_clock_nanosleep(clock, flags, time, left));
}

static int (*libc_sigtimedwait)(const sigset_t *set, siginfo_t *info, const struct timespec *timeout);
static int on_sigtimedwait(const sigset_t *set, siginfo_t *info, const struct timespec *timeout)
{
    return CALL_NOTED(SYS_rt_sigtimedwait, timeout != NULL, libc_sigtimedwait(set, info, timeout));
}

static int (*libc_semtimedop)(int set, struct sembuf *operations, size_t count,
                              const struct timespec *timeout);
static int on_semtimedop(int set, struct sembuf *operations, size_t count, const struct timespec *timeout)
{
    return CALL_NOTED(SYS_semtimedop, timeout != NULL, libc_semtimedop(set, operations, count, timeout));
}

#define ROW(name)                                                                                            \
    {                                                                                                        \
#name, (void *)on_##name, (void **)&libc_##name                                                      \
    }

const struct libc_hook waits_hooks[] = {
    ROW(pthread_cond_timedwait),
    ROW(pthread_cond_clockwait),
    ROW(pthread_mutex_timedlock),
    ROW(pthread_mutex_clocklock),
    ROW(pthread_rwlock_timedrdlock),
    ROW(pthread_rwlock_timedwrlock),
    ROW(pthread_rwlock_clockrdlock),
    ROW(pthread_rwlock_clockwrlock),
    ROW(pthread_timedjoin_np),
    ROW(pthread_clockjoin_np),
    ROW(sem_timedwait),
    ROW(sem_clockwait),
    ROW(clock_nanosleep),
    ROW(sigtimedwait),
    ROW(semtimedop),
};
const size_t waits_hooks_count = sizeof waits_hooks / sizeof *waits_hooks;
