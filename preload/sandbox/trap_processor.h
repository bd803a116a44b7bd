/* SPDX-License-Identifier: MIT */
/* System calls as a signal's context shows them: the processor's part of trap.h, trap_<processor>.c. */
#ifndef LIGHTSSS_PRELOAD_SANDBOX_TRAP_PROCESSOR_H
#define LIGHTSSS_PRELOAD_SANDBOX_TRAP_PROCESSOR_H

#include "sandbox/trap.h"

extern const uint32_t trap_architecture; /* as seccomp names it */

/* Number, arguments and context. */
void trap_read(struct trap *trap, void *context);
void trap_set_result(void *context, long result);

/* For rt_sigreturn: the mask in the frame that is about to be restored; and makes the call at a place that
 * the filter exempts. */
uint64_t *trap_frame_mask(const struct trap *trap);
void trap_return_again(struct trap *trap);

#endif
