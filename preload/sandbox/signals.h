/* SPDX-License-Identifier: MIT */
/* Signals in a replay's sandbox: SIGSYS stays open whatever the simulator asks for, and what it sends reaches
 * nobody but the replay itself. The answers of those rows of the table. */
#ifndef LIGHTSSS_PRELOAD_SANDBOX_SIGNALS_H
#define LIGHTSSS_PRELOAD_SANDBOX_SIGNALS_H

#include <stdbool.h>
#include <sys/types.h>

#include "sandbox/trap.h"

/* Before any thread of the replay exists: opens SIGSYS in the actions that are there, and sees to it that
 * timers do not end the replay. */
void signals_open(void);

long signals_mask(struct trap *trap);
long signals_action(struct trap *trap);
long signals_return(struct trap *trap);
long signals_wait(struct trap *trap);        /* the argument that it is about is a mask */
long signals_wait_behind(struct trap *trap); /* ... or leads to one: pselect6 and its kin */

long signals_kill(struct trap *trap);
long signals_tkill(struct trap *trap);
long signals_tgkill(struct trap *trap);
long signals_queue(struct trap *trap);

/* The kernel's number of a process or thread that the simulator knows by the original's; of others as it is.
 */
pid_t signals_number(long number);

/* Is that, as the simulator knows it, this process or a thread of it? 0 is. */
bool signals_is_own(long number);

#endif
