/* SPDX-License-Identifier: MIT */
/* The system calls of status.c on x86-64, whose structure is libc's own there. */
#ifndef LIGHTSSS_HOOKS_FLOOR_STATUS_X86_64_H
#define LIGHTSSS_HOOKS_FLOOR_STATUS_X86_64_H

#include <sys/stat.h>
#include <sys/syscall.h>

#include "syscall_instruction_processor.h"

static inline long status_ask(long directory, const char *path, struct stat64 *status, long flags)
{
    return syscall_instruction(SYS_newfstatat, directory, (long)path, (long)status, flags, 0, 0);
}

/* Not the one above with an empty path: in a replay that one is answered by the sandbox. */
static inline long status_ask_descriptor(long fd, struct stat64 *status)
{
    return syscall_instruction(SYS_fstat, fd, (long)status, 0, 0, 0, 0);
}

#endif
