/* SPDX-License-Identifier: MIT */
/* The order of the sources: the context's time where it is not 0; SystemC's; sc_time_stamp() or
 * vl_time_stamp64() of the testbench. The last two are its own code. They may wait for a lock, and the thread
 * that evals may be the one that has it: so whoever wants them called says how. */
#include "simtime.h"
#include "scope.h"

#include <string.h>

static struct {
    const struct library *library;
    /* sc_core::sc_time_stamp(): a reference to a class that begins with the time */
    const uint64_t *(*systemc)(void);
    double (*stamp)(void);
    uint64_t (*stamp64)(void);
    unsigned in_context; /* offset of the time in the context; 0: not known */
    bool (*call)(void (*function)(void *context), void *context); /* NULL: not at all */
    bool known;
    bool hidden; /* there is such a function, and it was not called */
    uint64_t seen;
    uint64_t lost_time, lost_evals; /* when it did not come back any more */
} simtime = {.lost_evals = 1};

void simtime_use(const struct library *library, const struct verilator_release *release)
{
    if (simtime.library == library)
        return;
    simtime.library = library;
    *(void **)&simtime.systemc = scope_find("_ZN7sc_core13sc_time_stampEv", 0);
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

void simtime_call_by(bool (*call)(void (*function)(void *context), void *context))
{
    simtime.call = call;
}

static bool asks_testbench(void)
{
    return simtime.stamp || simtime.stamp64;
}

static void ask_testbench(void *time)
{
    *(uint64_t *)time = simtime.stamp ? (uint64_t)simtime.stamp() : simtime.stamp64();
}

/* From now on evals count, from the time that was known last. */
static void lose_time(uint64_t evals)
{
    simtime.stamp = NULL;
    simtime.stamp64 = NULL;
    simtime.lost_time = simtime.known ? simtime.seen : 0;
    simtime.lost_evals = simtime.known ? evals : 1;
    simtime.known = false;
}

void simtime_look(const void *context, uint64_t evals)
{
    uint64_t time = 0;
    if (context && simtime.in_context)
        memcpy(&time, (const char *)context + simtime.in_context, sizeof(time));
    if (!time && simtime.systemc)
        time = *simtime.systemc();
    simtime.hidden = !time && !simtime.systemc && asks_testbench() && !simtime.call;
    if (simtime.hidden) {
        simtime.known = false;
        return;
    }
    if (!time && !simtime.systemc && asks_testbench() && !simtime.call(ask_testbench, &time)) {
        lose_time(evals);
        return;
    }
    simtime.known = time || simtime.systemc || (asks_testbench() && library_has_stamp(simtime.library));
    simtime.seen = time;
}

bool simtime_may_ask(void)
{
    return !simtime.known && asks_testbench();
}

bool simtime_is_hidden(void)
{
    return simtime.hidden;
}

uint64_t simtime_counted(uint64_t evals, uint64_t tick)
{
    return simtime.lost_time + (evals > simtime.lost_evals ? evals - simtime.lost_evals : 0) * tick;
}

bool simtime_seen(uint64_t *time)
{
    *time = simtime.seen;
    return simtime.known;
}
