/* SPDX-License-Identifier: MIT */
/* System calls without libc: libc's syscall() is one of the names we stand in front of, and its
 * wrappers set errno and may be cancellation points. Each call returns the result or -errno. The
 * processor's part, raw_syscall_invoke(), is raw_syscall_<processor>.h, chosen by meson. */
#ifndef LIGHTSSS_PRELOAD_BASE_RAW_SYSCALL_H
#define LIGHTSSS_PRELOAD_BASE_RAW_SYSCALL_H

#ifdef __clang_analyzer__
/* An analyser does not see that the kernel writes through pointers; an unknown function may. */
long raw_syscall_invoke(long number, long a, long b, long c, long d, long e, long f);
#else
#include "raw_syscall_processor.h"
#endif

static inline long raw_syscall6(long number, long a, long b, long c, long d, long e, long f)
{
    return raw_syscall_invoke(number, a, b, c, d, e, f);
}

static inline long raw_syscall5(long number, long a, long b, long c, long d, long e)
{
    return raw_syscall_invoke(number, a, b, c, d, e, 0);
}

static inline long raw_syscall4(long number, long a, long b, long c, long d)
{
    return raw_syscall_invoke(number, a, b, c, d, 0, 0);
}

static inline long raw_syscall3(long number, long a, long b, long c)
{
    return raw_syscall_invoke(number, a, b, c, 0, 0, 0);
}

static inline long raw_syscall2(long number, long a, long b)
{
    return raw_syscall_invoke(number, a, b, 0, 0, 0, 0);
}

static inline long raw_syscall1(long number, long a)
{
    return raw_syscall_invoke(number, a, 0, 0, 0, 0, 0);
}

static inline long raw_syscall0(long number)
{
    return raw_syscall_invoke(number, 0, 0, 0, 0, 0, 0);
}

#endif
