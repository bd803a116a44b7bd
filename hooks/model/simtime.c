/* SPDX-License-Identifier: MIT */
/* The order of the sources: the context's time where it is not 0; SystemC's; sc_time_stamp() or
 * vl_time_stamp64() of the testbench. The last two are its own code. They may wait for a lock, and the thread
 * that evals may be the one that has it: so whoever wants them called says how. */
#include "model/simtime.h"
#include "elf/scope.h"
#include "elf/written_often.h"

#include <string.h>

static OFTEN_WRITTEN struct {
    const struct library *library;
    struct library_time source;
    bool (*call)(void (*function)(void *context), void *context); /* NULL: not at all */
    bool known;
    bool hidden; /* there is such a function, and it was not called */
    uint64_t seen;
    bool lost;                      /* it did not come back any more ... */
    uint64_t lost_time, lost_evals; /* ... then */
} simtime = {.lost_evals = 1};

void simtime_learn(struct library *library)
{
    struct library_time *source = &library->time;
    *(void **)&source->systemc = scope_find("_ZN7sc_core13sc_time_stampEv", 0);
    source->stamp = (double (*)(void))library_symbol(library, VERILATOR_SC_TIME_STAMP);
    source->stamp64 = (uint64_t(*)(void))library_symbol(library, VERILATOR_TIME_STAMP64);
    source->in_context = verilator_abi_context_time(
        library->row, (void (*)(void *, int))library_symbol(library, VERILATOR_CONTEXT_UNUSED));
}

static void ask_no_more(void)
{
    simtime.source.stamp = NULL;
    simtime.source.stamp64 = NULL;
}

void simtime_use(const struct library *library)
{
    if (simtime.library == library)
        return;
    simtime.library = library;
    simtime.source = library->time;
    simtime.known = false;
    if (simtime.lost)
        ask_no_more();
}

bool simtime_has_stamp(void)
{
    return simtime.source.systemc != NULL || library_has_stamp(simtime.library);
}

bool simtime_is_systemc(void)
{
    return simtime.source.systemc != NULL;
}

uint64_t simtime_in_context(const void *context)
{
    uint64_t time = 0;
    if (context != NULL && simtime.source.in_context)
        memcpy(&time, (const char *)context + simtime.source.in_context, sizeof time);
    return time;
}

void simtime_call_by(bool (*call)(void (*function)(void *context), void *context))
{
    simtime.call = call;
}

static bool asks_testbench(void)
{
    return simtime.source.stamp != NULL || simtime.source.stamp64 != NULL;
}

static void ask_testbench(void *time)
{
    const struct library_time *source = &simtime.source;
    *(uint64_t *)time = source->stamp != NULL ? (uint64_t)source->stamp() : source->stamp64();
}

/* From now on evals count, from the time that was known last. */
static void lose_time(uint64_t evals)
{
    ask_no_more();
    simtime.lost = true;
    simtime.lost_time = simtime.known ? simtime.seen : 0;
    simtime.lost_evals = simtime.known ? evals : 1;
    simtime.known = false;
}

void simtime_look(const void *context, bool zero_is_a_time, uint64_t evals)
{
    const struct library_time *source = &simtime.source;
    uint64_t time = simtime_in_context(context);
    bool in_context = time || (zero_is_a_time && context != NULL && source->in_context);
    bool asks = !in_context && source->systemc == NULL && asks_testbench();
    if (!in_context && source->systemc != NULL)
        time = *source->systemc();
    simtime.hidden = asks && simtime.call == NULL;
    if (simtime.hidden) {
        simtime.known = false;
        return;
    }
    if (asks && !simtime.call(ask_testbench, &time)) {
        lose_time(evals);
        return;
    }
    simtime.known = in_context || time || source->systemc != NULL ||
                    (asks_testbench() && library_has_stamp(simtime.library));
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
