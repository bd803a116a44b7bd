/* SPDX-License-Identifier: MIT */
/* See idle.h. The kernel tells how many threads of all run at this moment. */
#include "idle.h"

#include <sched.h>
#include <stdio.h>
#include <unistd.h>

/* This process is one of them. */
static unsigned running(void)
{
    FILE *file = fopen("/proc/loadavg", "re");
    unsigned count = 1;

    if (file == NULL)
        return count;
    if (fscanf(file, "%*s %*s %*s %u/", &count) != 1) /* NOLINT(cert-err34-c): what the kernel writes */
        count = 1;
    fclose(file);
    return count;
}

unsigned idle_processors(unsigned own)
{
    const unsigned others = running() > own + 1 ? running() - own - 1 : 0;
    const long online = sysconf(_SC_NPROCESSORS_ONLN);
    unsigned idle = online > (long)others ? (unsigned)online - others : 1;
    cpu_set_t allowed;

    if (sched_getaffinity(0, sizeof allowed, &allowed) == 0 && idle > (unsigned)CPU_COUNT(&allowed))
        idle = (unsigned)CPU_COUNT(&allowed);
    return idle;
}
