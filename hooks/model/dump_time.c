/* SPDX-License-Identifier: MIT */
/* Two dumps: see dump_time.h. The first one, right behind an eval whose time at its end is known, tells how
 * far the testbench is ahead. The second one, at another time, tells whether its time is the context's at
 * all, or one that it counts itself. */
#include "model/dump_time.h"
#include "model/counts.h"
#include "model/model.h"
#include "model/simtime.h"

#include <stdatomic.h>

#define FORMATS 2

enum awaits { AWAITS_NOTHING, AWAITS_FIRST, AWAITS_SECOND };

static struct {
    volatile uint64_t *shut[FORMATS];
    unsigned count;
    _Atomic enum awaits awaits;
    uint64_t eval, eval_time;       /* that has ended */
    uint64_t first, beside_context; /* of the first dump: its time, and how far that is from the context's */
} dump_time;

void dump_time_watch(volatile uint64_t *shut)
{
    if (dump_time.count < FORMATS)
        dump_time.shut[dump_time.count++] = shut;
}

/* 0: nobody has set it yet, or nobody ever does. */
static uint64_t context_time(void)
{
    const struct model_instance *instance = model_instance();
    return instance->context_alive ? simtime_in_context(instance->context) : 0;
}

void dump_time_eval_done(void)
{
    if (counts_facts()->dumps_known || dump_time.count == 0)
        return;
    if (atomic_load(&dump_time.awaits) ==
        AWAITS_SECOND) /* where every eval is announced, there is no other one */
        return;
    dump_time.eval = counts_sum();
    dump_time.eval_time = context_time();
    atomic_store(&dump_time.awaits, AWAITS_FIRST);
    for (unsigned i = 0; i < dump_time.count; i++)
        *dump_time.shut[i] = 0;
}

bool dump_time_awaits(void)
{
    return atomic_load(&dump_time.awaits) != AWAITS_NOTHING;
}

static bool await_nothing(void)
{
    atomic_store(&dump_time.awaits, AWAITS_NOTHING);
    return true;
}

bool dump_time_note(uint64_t time)
{
    const uint64_t beside_context = time - context_time();
    switch (atomic_load(&dump_time.awaits)) {
    case AWAITS_FIRST:
        if (counts_sum() != dump_time.eval)
            return await_nothing();
        dump_time.first = time;
        dump_time.beside_context = beside_context;
        atomic_store(&dump_time.awaits, AWAITS_SECOND);
        return false;
    case AWAITS_SECOND:
        if (time == dump_time.first)
            return false;
        if (beside_context == dump_time.beside_context && context_time() != 0) {
            counts_facts()->dumps_ahead = dump_time.first - dump_time.eval_time;
            counts_facts()->dumps_known = true;
        }
        return await_nothing();
    default:
        return false;
    }
}

bool dump_time_known(void)
{
    return counts_facts()->dumps_known && model_time_known();
}

uint64_t dump_time_ahead(void)
{
    return dump_time_known() ? counts_facts()->dumps_ahead : 0;
}
