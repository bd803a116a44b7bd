/* SPDX-License-Identifier: MIT */
/* System calls without libc: libc's syscall() is one of the names we stand in front of, and its
 * wrappers set errno and may be cancellation points. Each call returns the result or -errno. The
 * processor's part is syscall_instruction_<processor>.h of hooks/floor, chosen by meson. */
#ifndef LIGHTSSS_PRELOAD_BASE_RAW_SYSCALL_H
#define LIGHTSSS_PRELOAD_BASE_RAW_SYSCALL_H

#ifdef __clang_analyzer__
/* An analyser does not see that the kernel writes through pointers; an unknown function may. */
long syscall_instruction(long number, long a, long b, long c, long d, long e, long f);
#else
#include "syscall_instruction_processor.h"
#endif

/* Whatever fits a register may be handed over as it is. kernel.h has the types of the most used ones. */
#define raw_syscall6(number, a, b, c, d, e, f)                                                               \
    syscall_instruction(number, (long)(a), (long)(b), (long)(c), (long)(d), (long)(e), (long)(f))
#define raw_syscall5(number, a, b, c, d, e) raw_syscall6(number, a, b, c, d, e, 0)
#define raw_syscall4(number, a, b, c, d)    raw_syscall6(number, a, b, c, d, 0, 0)
#define raw_syscall3(number, a, b, c)       raw_syscall6(number, a, b, c, 0, 0, 0)
#define raw_syscall2(number, a, b)          raw_syscall6(number, a, b, 0, 0, 0, 0)
#define raw_syscall1(number, a)             raw_syscall6(number, a, 0, 0, 0, 0, 0)
#define raw_syscall0(number)                raw_syscall6(number, 0, 0, 0, 0, 0, 0)

#endif
