/* SPDX-License-Identifier: MIT */
/* A system call that the filter did not let through arrives here as SIGSYS, before it is made. A handler from
 * the table (calls.h) says what its caller gets in its place. All other signals wait meanwhile, so that no
 * handler of the simulator runs in between. */
#ifndef LIGHTSSS_PRELOAD_SANDBOX_TRAP_H
#define LIGHTSSS_PRELOAD_SANDBOX_TRAP_H

#include <stddef.h>
#include <stdint.h>

/* What the filter gives its signals, so that they are told from those of a filter of the simulator's own. */
#define TRAP_SIGN 0x4c53 /* "LS" */

#define TRAP_ARGUMENTS 6

/* What rt_sigaction takes. */
struct trap_action {
    void *handler;
    unsigned long flags;
    void (*restorer)(void);
    uint64_t mask;
};

struct trap {
    long number;
    long argument[TRAP_ARGUMENTS];
    void *context; /* of the signal: where the caller goes on */
};

/* Sees to it that SIGSYS comes here. What the simulator had asked for is kept for signals that are not the
 * filter's. Returns 0 or -errno. */
int trap_install(void);

/* The simulator's own action for SIGSYS, as rt_sigaction. NULL for what is not asked. */
void trap_own_action(const struct trap_action *new_action, struct trap_action *old_action);

/* The caller's signal mask from the end of the call on. */
uint64_t trap_mask(const struct trap *trap);
void trap_set_mask(struct trap *trap, uint64_t mask);

/* The processor's part, trap_<processor>.c. */
extern const uint32_t trap_architecture; /* as seccomp names it */
void trap_read(struct trap *trap, void *context);
void trap_set_result(void *context, long result);

/* For rt_sigreturn: the mask in the frame that is about to be restored; and makes the call at a place that
 * the filter exempts. */
uint64_t *trap_frame_mask(const struct trap *trap);
void trap_return_again(struct trap *trap);

#endif
