/* SPDX-License-Identifier: MIT */
/* The syscall instruction of x86_64, for status.c here and for preload/base/raw_syscall.h. The kernel
 * destroys rcx and r11. */
#ifndef LIGHTSSS_HOOKS_FLOOR_SYSCALL_INSTRUCTION_X86_64_H
#define LIGHTSSS_HOOKS_FLOOR_SYSCALL_INSTRUCTION_X86_64_H

static inline long syscall_instruction(long number, long a, long b, long c, long d, long e, long f)
{
    register long r10 __asm__("r10") = d;
    register long r8 __asm__("r8") = e;
    register long r9 __asm__("r9") = f;
    long result;

    __asm__ volatile("syscall"
                     : "=a"(result)
                     : "0"(number), "D"(a), "S"(b), "d"(c), "r"(r10), "r"(r8), "r"(r9)
                     : "rcx", "r11", "memory");
    return result;
}

#endif
