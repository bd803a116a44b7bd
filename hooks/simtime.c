/* SPDX-License-Identifier: MIT */
/* The order of the sources: the context's time where it is not 0; SystemC's; sc_time_stamp() or
 * vl_time_stamp64() of the testbench. */
#include "simtime.h"

#include <dlfcn.h>
#include <string.h>

static struct {
    const struct library *library;
    /* sc_core::sc_time_stamp(): a reference to a class that begins with the time */
    const uint64_t *(*systemc)(void);
    double (*stamp)(void);
    uint64_t (*stamp64)(void);
    unsigned in_context; /* offset of the time in the context; 0: not known */
    bool known;
    uint64_t seen;
} simtime;

void simtime_use(const struct library *library, const struct verilator_release *release)
{
    if (simtime.library == library)
        return;
    simtime.library = library;
    *(void **)&simtime.systemc = dlsym(RTLD_DEFAULT, "_ZN7sc_core13sc_time_stampEv");
    simtime.stamp = (double (*)(void))library_symbol(library, VERILATOR_SC_TIME_STAMP);
    simtime.stamp64 = (uint64_t(*)(void))library_symbol(library, VERILATOR_TIME_STAMP64);
    simtime.in_context = verilator_abi_context_time(
        release, (void (*)(void *, int))library_symbol(library, VERILATOR_CONTEXT_UNUSED));
}

bool simtime_has_stamp(void)
{
    return simtime.systemc || library_has_stamp(simtime.library);
}

bool simtime_is_systemc(void)
{
    return simtime.systemc != NULL;
}

void simtime_look(const void *context)
{
    uint64_t time = 0;
    if (context && simtime.in_context)
        memcpy(&time, (const char *)context + simtime.in_context, sizeof(time));
    if (!time && simtime.systemc)
        time = *simtime.systemc();
    else if (!time && simtime.stamp)
        time = (uint64_t)simtime.stamp();
    else if (!time && simtime.stamp64)
        time = simtime.stamp64();
    simtime.known = time || simtime_has_stamp();
    simtime.seen = time;
}

bool simtime_seen(uint64_t *time)
{
    *time = simtime.seen;
    return simtime.known;
}
