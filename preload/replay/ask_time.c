/* SPDX-License-Identifier: MIT */
/* Calls the simulator's function: see ask_time.h. A
 * thread that is only slow goes on between two ticks, so that it is their number that tells one that waits.
 */
#define _GNU_SOURCE
#include "replay/ask_time.h"

#include <setjmp.h>
#include <signal.h>
#include <stdatomic.h>
#include <stdbool.h>
#include <string.h>
#include <time.h>
#include <ucontext.h>

#include "base/kernel.h"
#include "base/own_thread.h"
#include "base/signal_mask.h"
#include "run/notes.h"
#include "run/run.h"
#include "snapshot/threads/threads_signal.h"

#define TICK_NS 100000000
#define TICKS   10u

static atomic_bool in_vain;

static void set_ticks(uint64_t ns)
{
    struct own_asking *asking = &own_thread()->asking;

    if (!asking->has_timer && (asking->timer = kernel_timer_create(THREADS_SIGNAL)) >= 0)
        asking->has_timer = true;
    if (asking->has_timer)
        kernel_timer_tick(asking->timer, ns);
}

static bool call_with_way_out(void (*function)(void *context), void *context)
{
    if (atomic_load(&in_vain))
        return false;
    if (sigsetjmp(own_thread()->asking.way_out, 0) != 0) {
        set_ticks(0);
        signal_mask_restore(own_thread()->asking.mask);
        if (!atomic_exchange(&in_vain, true))
            notes_add("the simulator's own function that tells the time waits for a lock: evals are counted");
        return false;
    }
    own_thread()->asking.ticks = 1;
    set_ticks(TICK_NS);
    function(context);
    set_ticks(0);
    own_thread()->asking.ticks = 0;
    return true;
}

void ask_time_here(void)
{
    run.hooks->time_call_by(call_with_way_out);
}

void ask_time_tick(const void *ucontext)
{
    if (own_thread()->asking.ticks == 0 || own_thread()->asking.ticks++ <= TICKS)
        return;
    own_thread()->asking.ticks = 0;
    memcpy(&own_thread()->asking.mask, &((const ucontext_t *)ucontext)->uc_sigmask,
           sizeof own_thread()->asking.mask);
    siglongjmp(own_thread()->asking.way_out, 1);
}
