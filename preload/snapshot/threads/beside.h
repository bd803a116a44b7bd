/* SPDX-License-Identifier: MIT */
/* Work with descriptors that the simulator must not notice: who opens and closes a file gives up the locks
 * that the process has on it (fcntl), and takes a number that another thread would have got meanwhile. */
#ifndef LIGHTSSS_PRELOAD_SNAPSHOT_THREADS_BESIDE_H
#define LIGHTSSS_PRELOAD_SNAPSHOT_THREADS_BESIDE_H

/* Calls function(argument) on a thread with a copy of the descriptors, with all signals blocked, and waits
 * until that is gone. It has the caller's thread storage. Returns 0 or -errno: it was not called. */
int beside_run(void (*function)(void *argument), void *argument);

#endif
