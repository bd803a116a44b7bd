/* SPDX-License-Identifier: MIT */
/* Signals in a replay's sandbox: SIGSYS stays open whatever the simulator asks for, and what it sends reaches
 * nobody but the replay itself. The handlers of those rows of the table. */
#ifndef LIGHTSSS_PRELOAD_SANDBOX_SIGNALS_H
#define LIGHTSSS_PRELOAD_SANDBOX_SIGNALS_H

#include <sys/types.h>

#include "sandbox/trap.h"

/* Before any thread of the replay exists: opens SIGSYS in the actions that are there, and sees to it that
 * timers do not end the replay. */
void signals_open(void);

long signals_mask(struct trap *trap);
long signals_action(struct trap *trap);
long signals_return(struct trap *trap);
long signals_suspend(struct trap *trap);
long signals_wait_argument_3(struct trap *trap); /* ppoll */
long signals_wait_argument_4(struct trap *trap); /* epoll_pwait and its kin */
long signals_wait_argument_5(struct trap *trap); /* pselect6 and its kin: the mask is behind a pointer */

long signals_kill(struct trap *trap);
long signals_tkill(struct trap *trap);
long signals_tgkill(struct trap *trap);
long signals_queue(struct trap *trap);
long signals_queue_thread(struct trap *trap);

/* The kernel's number of a process or thread that the simulator knows by the original's; of others as it is.
 */
pid_t signals_number(long number);

/* Is that, as the simulator knows it, this process or a thread of it? 0 is. */
int signals_is_own(long number);

#endif
