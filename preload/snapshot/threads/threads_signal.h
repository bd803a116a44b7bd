/* SPDX-License-Identifier: MIT */
/* The signal by which a thread is asked to stop, and how many threads there may be. */
#ifndef LIGHTSSS_PRELOAD_SNAPSHOT_THREADS_THREADS_SIGNAL_H
#define LIGHTSSS_PRELOAD_SNAPSHOT_THREADS_THREADS_SIGNAL_H

#define THREADS_MAX 512

/* glibc keeps this signal for itself (SIGSETXID) and therefore lets nobody block it. */
#define THREADS_SIGNAL 33

/* With one of these values anybody may send it, to ask for something. Who asks with the second one is told
 * what becomes of it: by SIGURG, which does no harm to whoever does not wait for it, with the value
 * THREADS_ANSWER plus one of these. */
#define THREADS_REQUEST  0x6c5753
#define THREADS_QUESTION 0x6c5754
#define THREADS_ANSWER   0x6c575500

enum threads_answer {
    THREADS_NO_ANSWER,
    THREADS_BEGINS,
    THREADS_WAITS_FOR_EVALS,
    THREADS_WAITS_FOR_OTHERS,
    THREADS_ASKED_BEFORE,
    THREADS_NO_SNAPSHOT,
    THREADS_ANSWERS
};

#endif
