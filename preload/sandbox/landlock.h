/* SPDX-License-Identifier: MIT */
/* The second wall around a replay: Landlock, where the kernel has it, also keeps what passes by the filter
 * from the user's files, the network and other processes. */
#ifndef LIGHTSSS_PRELOAD_SANDBOX_LANDLOCK_H
#define LIGHTSSS_PRELOAD_SANDBOX_LANDLOCK_H

/* For the calling thread and those it will make: from now on nothing can be opened for writing or made
 * outside of the run directory, but devices that keep no state. Returns 0 or -errno. */
int landlock_enter(void);

#endif
