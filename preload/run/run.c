/* SPDX-License-Identifier: MIT */
/* The facts of this run: see run.h. */
#include "run/run.h"

#include <sys/syscall.h>

#include "base/kernel.h"

struct run run;

bool run_is_self(void)
{
    return run.role != RUN_INERT && kernel_getpid() == run.pid;
}

bool run_is_group(pid_t group)
{
    return group == (run.role == RUN_REPLAY ? run.group : raw_syscall1(SYS_getpgid, 0));
}

uint64_t run_time(void)
{
    return run.hooks->time(run.options.tick);
}
