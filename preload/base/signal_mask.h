/* SPDX-License-Identifier: MIT */
/* Blocks every signal of the calling thread for a while, glibc's own included: by raw system calls, so that
 * it may stand between stop and resume. */
#ifndef LIGHTSSS_PRELOAD_BASE_SIGNAL_MASK_H
#define LIGHTSSS_PRELOAD_BASE_SIGNAL_MASK_H

#include <signal.h>
#include <stdint.h>

#include "base/kernel.h"

/* Signals that stay open whatever is asked here: in a replay SIGSYS, by which its sandbox hears of system
 * calls, and SIGTRAP, by which it hears of breakpoints (the kernel ends a process that blocks them). */
extern uint64_t signal_mask_never __attribute__((visibility("hidden")));

/* No mask: SIGKILL is never blocked. */
#define SIGNAL_MASK_UNKNOWN UINT64_MAX

/* Returns the mask as it was, for signal_mask_restore(). */
static inline uint64_t signal_mask_block_all(void)
{
    const uint64_t all = ~signal_mask_never;
    uint64_t before = SIGNAL_MASK_UNKNOWN; /* and it stays so where the kernel refuses */

    kernel_sigprocmask(SIG_SETMASK, &all, &before);
    return before;
}

/* What came meanwhile comes to nobody. */
static inline void signal_mask_drop_pending(void)
{
    const uint64_t all = ~UINT64_C(0);

    while (kernel_sigtake(&all, NULL) > 0)
        continue;
}

/* Returns 0 or -errno. */
static inline int signal_mask_restore(uint64_t mask)
{
    if (mask == SIGNAL_MASK_UNKNOWN)
        return 0;
    mask &= ~signal_mask_never;
    return kernel_sigprocmask(SIG_SETMASK, &mask, NULL);
}

#endif
