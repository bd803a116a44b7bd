/* SPDX-License-Identifier: MIT */
/* See keeper_lock.h. It is a futex of its own: a signal handler may come in anywhere, and take it. */
#define _GNU_SOURCE
#include "snapshot/keeper_lock.h"

#include <stdatomic.h>

#include "base/clock.h"
#include "base/kernel.h"
#include "base/often.h"

#define LOCK_TRIES   20
#define LOCK_STEP_NS 50000000
#define EXIT_NS      SECOND_NS /* handlers that run a simulation take longer, and it shall have snapshots */

static OFTEN_WRITTEN _Atomic uint32_t holder; /* futex: the thread that has it; 0: none */
static OFTEN_WRITTEN atomic_bool ending;
static OFTEN_WRITTEN _Atomic uint64_t exit_ns; /* when exit() began; 0: it has not */

void keeper_lock_begin(void)
{
    atomic_store(&holder, 0);
    atomic_store(&ending, false);
    atomic_store(&exit_ns, 0);
}

void keeper_lock(void)
{
    uint32_t self = (uint32_t)kernel_gettid(), other = 0;

    while (!atomic_compare_exchange_strong(&holder, &other, self) && other != self) {
        kernel_futex_wait(&holder, other, 0);
        other = 0;
    }
}

bool keeper_lock_try(void)
{
    uint32_t self = (uint32_t)kernel_gettid(), other = 0;

    for (unsigned i = 0; !atomic_compare_exchange_strong(&holder, &other, self); i++, other = 0) {
        if (other == self || i == LOCK_TRIES)
            return false;
        kernel_futex_wait(&holder, other, LOCK_STEP_NS);
    }
    return true;
}

void keeper_lock_leave(void)
{
    atomic_store(&holder, 0);
    kernel_futex_wake(&holder, 1);
}

void keeper_lock_to_end(void)
{
    atomic_store(&ending, true);
    keeper_lock();
}

void keeper_lock_exit_begins(void)
{
    atomic_store(&exit_ns, clock_ns());
    if (keeper_lock_try())
        keeper_lock_leave();
}

bool keeper_lock_is_ending(void)
{
    const uint64_t begun_ns = atomic_load(&exit_ns);

    return atomic_load(&ending) || (begun_ns != 0 && clock_ns() - begun_ns < EXIT_NS);
}
