/* SPDX-License-Identifier: MIT */
/* A lock for a few instructions, async-signal-safe: signals are blocked, so that the holder is never
 * interrupted by somebody on the same thread who wants it too. */
#ifndef LIGHTSSS_PRELOAD_BASE_SPIN_LOCK_H
#define LIGHTSSS_PRELOAD_BASE_SPIN_LOCK_H

#include <stdatomic.h>
#include <stdint.h>

#include "base/kernel.h"
#include "base/signal_mask.h"

/* Returns the signal mask of before, for spin_lock_release(). */
static inline uint64_t spin_lock_take(atomic_flag *lock)
{
    uint64_t mask = signal_mask_block_all();

    while (atomic_flag_test_and_set(lock))
        kernel_sched_yield();
    return mask;
}

static inline void spin_lock_release(atomic_flag *lock, uint64_t mask)
{
    atomic_flag_clear(lock);
    signal_mask_restore(mask);
}

#endif
