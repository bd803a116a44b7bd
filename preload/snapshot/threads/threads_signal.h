/* SPDX-License-Identifier: MIT */
/* The signal by which a thread is asked to stop, and how many threads there may be. */
#ifndef LIGHTSSS_PRELOAD_SNAPSHOT_THREADS_THREADS_SIGNAL_H
#define LIGHTSSS_PRELOAD_SNAPSHOT_THREADS_THREADS_SIGNAL_H

#define THREADS_MAX 512

/* glibc keeps this signal for itself (SIGSETXID) and therefore lets nobody block it. */
#define THREADS_SIGNAL 33

/* With this value anybody may send it, to ask for something. */
#define THREADS_REQUEST 0x6c5753

#endif
