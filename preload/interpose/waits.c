/* SPDX-License-Identifier: MIT */
/* Waiting until a time. The kernel compares with its own clock, which in a replay is ahead of what the
 * simulator is told: each such wait would be over at once. So the time is moved by as much, and a wait lasts
 * as long as in the original. How it ends, by a time-out or by another thread, is a matter of scheduling in
 * both. Of waits for a time, the beginning is noted. */
#define _GNU_SOURCE
#include <errno.h>
#include <signal.h>
#include <stddef.h>
#include <sys/syscall.h>
#include <time.h>

#include "interpose/libc_hook.h"
#include "record/told_time.h"
#include "snapshot/threads/call_note.h"

/* What is waited for is handed on as it is: one or two pointers. The clock is told by a function's kind, or
 * by its caller; where it depends on the object, by the time itself. */
#define MOVED(clock, call, plain)                                                                            \
    if (time == NULL || !role_is_fed())                                                                      \
        return plain;                                                                                        \
    const struct timespec moved = told_time_for_kernel(clock, time);                                         \
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

TWO(pthread_cond_timedwait, told_time_guess_clock(time))
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

static const struct libc_hook rows[] = {
    LIBC_HOOK("pthread_cond_timedwait", on_pthread_cond_timedwait, libc_pthread_cond_timedwait),
    LIBC_HOOK("pthread_cond_clockwait", on_pthread_cond_clockwait, libc_pthread_cond_clockwait),
    LIBC_HOOK("pthread_mutex_timedlock", on_pthread_mutex_timedlock, libc_pthread_mutex_timedlock),
    LIBC_HOOK("pthread_mutex_clocklock", on_pthread_mutex_clocklock, libc_pthread_mutex_clocklock),
    LIBC_HOOK("pthread_rwlock_timedrdlock", on_pthread_rwlock_timedrdlock, libc_pthread_rwlock_timedrdlock),
    LIBC_HOOK("pthread_rwlock_timedwrlock", on_pthread_rwlock_timedwrlock, libc_pthread_rwlock_timedwrlock),
    LIBC_HOOK("pthread_rwlock_clockrdlock", on_pthread_rwlock_clockrdlock, libc_pthread_rwlock_clockrdlock),
    LIBC_HOOK("pthread_rwlock_clockwrlock", on_pthread_rwlock_clockwrlock, libc_pthread_rwlock_clockwrlock),
    LIBC_HOOK("pthread_timedjoin_np", on_pthread_timedjoin_np, libc_pthread_timedjoin_np),
    LIBC_HOOK("pthread_clockjoin_np", on_pthread_clockjoin_np, libc_pthread_clockjoin_np),
    LIBC_HOOK("sem_timedwait", on_sem_timedwait, libc_sem_timedwait),
    LIBC_HOOK("sem_clockwait", on_sem_clockwait, libc_sem_clockwait),
    LIBC_HOOK("clock_nanosleep", on_clock_nanosleep, libc_clock_nanosleep),
    LIBC_HOOK("sigtimedwait", on_sigtimedwait, libc_sigtimedwait),
};
const struct libc_hooks waits_hooks = LIBC_HOOKS(rows);
