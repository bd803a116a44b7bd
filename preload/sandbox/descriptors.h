/* SPDX-License-Identifier: MIT */
/* Calls on descriptors and on the process itself that a replay's sandbox looks at before it lets them be:
 * handlers of those rows of the table. */
#ifndef LIGHTSSS_PRELOAD_SANDBOX_DESCRIPTORS_H
#define LIGHTSSS_PRELOAD_SANDBOX_DESCRIPTORS_H

#include <stdbool.h>

#include "sandbox/trap.h"

/* Is what this descriptor leads to the replay's own? */
bool descriptors_is_own(int fd);

long descriptors_ioctl(struct trap *trap);
long descriptors_fcntl(struct trap *trap);
long descriptors_change(struct trap *trap); /* fchmod, fchown, fsetxattr, fremovexattr */
long descriptors_send(struct trap *trap);
long descriptors_send_message(struct trap *trap);
long descriptors_send_messages(struct trap *trap);

long process_prctl(struct trap *trap);
long process_affinity(struct trap *trap);
long process_schedule(struct trap *trap); /* sched_setscheduler and its kin: argument 0 is a thread */
long process_priority(struct trap *trap); /* setpriority, ioprio_set: a kind and a number */
long process_limit(struct trap *trap);
long process_session(struct trap *trap);
long process_rights(struct trap *trap); /* setuid and its kin */
long process_clone(struct trap *trap);
long process_clone3(struct trap *trap);
long process_exit(struct trap *trap);

#endif
