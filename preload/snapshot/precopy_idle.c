/* SPDX-License-Identifier: MIT */
/* Is a processor free: see precopy_idle.h. */
#include "snapshot/precopy_idle.h"

#include <string.h>

#define CROWDED_NS    UINT64_C(1000000)
#define CROWDED_SHARE 4u

static bool read_number(const char **text, unsigned *number)
{
    const char *from = *text;

    for (*number = 0; **text >= '0' && **text <= '9' && *number < 1000000; (*text)++)
        *number = *number * 10 + (unsigned)(**text - '0');
    return *text > from;
}

/* "0.12 0.34 0.56 2/345 6789": two run now. */
bool precopy_idle_is_there(const char *load, unsigned processors)
{
    const char *slash = strchr(load, '/');
    unsigned running;

    if (slash == NULL)
        return false;
    while (slash > load && slash[-1] != ' ')
        slash--;
    return read_number(&slash, &running) && running <= processors && processors > 1;
}

bool precopy_idle_is_over(uint64_t passed_ns, uint64_t used_ns)
{
    return passed_ns > used_ns && passed_ns - used_ns > CROWDED_NS + used_ns / CROWDED_SHARE;
}
