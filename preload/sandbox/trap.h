/* SPDX-License-Identifier: MIT */
/* A system call that the filter did not let through arrives here as SIGSYS, before it is made. What its
 * caller gets in its place is said by a function that is handed in. All other signals wait meanwhile, so that
 * no handler of the simulator runs in between. */
#ifndef LIGHTSSS_PRELOAD_SANDBOX_TRAP_H
#define LIGHTSSS_PRELOAD_SANDBOX_TRAP_H

#include <limits.h>
#include <stdint.h>

#include "base/kernel.h"

/* What the filter gives its signals, so that they are told from those of a filter of the simulator's own. */
#define TRAP_SIGN 0x4c53 /* "LS" */

#define TRAP_ARGUMENTS 6

/* An answer: the registers are as they shall be. */
#define TRAP_NO_RESULT LONG_MIN

struct trap {
    long number;
    long argument[TRAP_ARGUMENTS];
    void *context;    /* of the signal: where the caller goes on */
    const char *name; /* of the call, put in by who answers; and which argument it is about */
    unsigned which;
};

/* What the caller gets: a result, -errno or TRAP_NO_RESULT. architecture: of the entry that it used, as
 * seccomp names it. */
typedef long trap_answer(struct trap *trap, uint32_t architecture);

/* Sees to it that SIGSYS comes here. What the simulator had asked for is kept for signals that are not the
 * filter's. Returns 0 or -errno. */
int trap_install(trap_answer *answer);

/* The simulator's own action for SIGSYS, as rt_sigaction. NULL for what is not asked. */
void trap_own_action(const struct kernel_action *new_action, struct kernel_action *old_action);

/* The caller's signal mask from the end of the call on. */
uint64_t trap_mask(const struct trap *trap);
void trap_set_mask(struct trap *trap, uint64_t mask);

/* Makes the call as it is; or with another value for one argument. */
long trap_call(const struct trap *trap);
long trap_call_with(const struct trap *trap, unsigned argument, long value);

#endif
