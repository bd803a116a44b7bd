/* SPDX-License-Identifier: MIT */
/* See keeper_lock.h. It is a futex of its own: a signal handler may come in anywhere, and take it. */
#define _GNU_SOURCE
#include "snapshot/keeper_lock.h"

#include <stdatomic.h>

#include "base/kernel.h"
#include "base/often.h"

#define LOCK_TRIES   20
#define LOCK_STEP_NS 50000000

static OFTEN_WRITTEN _Atomic uint32_t holder; /* futex: the thread that has it; 0: none */
static OFTEN_WRITTEN atomic_bool ending;

void keeper_lock_begin(void)
{
    atomic_store(&holder, 0);
    atomic_store(&ending, false);
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

bool keeper_lock_is_ending(void)
{
    return atomic_load(&ending);
}
