/* SPDX-License-Identifier: MIT */
/* The system calls of status.c on x86-64, whose structure is libc's own there. The kernel destroys rcx and
 * r11. */
#ifndef LIGHTSSS_HOOKS_FLOOR_STATUS_X86_64_H
#define LIGHTSSS_HOOKS_FLOOR_STATUS_X86_64_H

#include <sys/stat.h>
#include <sys/syscall.h>

static inline long status_ask(long directory, const char *path, struct stat64 *status, long flags)
{
    register long r10 __asm__("r10") = flags;
    long result;

    __asm__ volatile("syscall"
                     : "=a"(result)
                     : "0"(SYS_newfstatat), "D"(directory), "S"(path), "d"(status), "r"(r10)
                     : "rcx", "r11", "memory");
    return result;
}

/* Not the one above with an empty path: in a replay that one is answered by the sandbox. */
static inline long status_ask_descriptor(long fd, struct stat64 *status)
{
    long result;

    __asm__ volatile("syscall"
                     : "=a"(result)
                     : "0"(SYS_fstat), "D"(fd), "S"(status)
                     : "rcx", "r11", "memory");
    return result;
}

#endif
