/* SPDX-License-Identifier: MIT */
/* Calls on the process itself and on others, as a replay's sandbox answers them: a replay has no other
 * threads and children than it makes itself, and knows them by the original's numbers. */
#ifndef LIGHTSSS_PRELOAD_SANDBOX_PROCESS_H
#define LIGHTSSS_PRELOAD_SANDBOX_PROCESS_H

#include "sandbox/trap.h"

long process_about(struct trap *trap); /* the argument that it is about is a process or a thread */
long process_affinity(struct trap *trap);
long process_priority(struct trap *trap);  /* setpriority, ioprio_set: a kind, and whom it is about */
long process_resources(struct trap *trap); /* prlimit */
long process_prctl(struct trap *trap);
long process_session(struct trap *trap);
long process_rights(struct trap *trap); /* setuid and its kin */
long process_clone(struct trap *trap);
long process_clone3(struct trap *trap);
long process_exit(struct trap *trap);

#endif
