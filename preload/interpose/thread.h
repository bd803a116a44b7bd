/* SPDX-License-Identifier: MIT */
/* What a replay knows of its threads that the kernel does not: which thread of the original each of them is,
 * and the id that the original saw. */
#ifndef LIGHTSSS_PRELOAD_INTERPOSE_THREAD_H
#define LIGHTSSS_PRELOAD_INTERPOSE_THREAD_H

#include <pthread.h>
#include <stdbool.h>
#include <stdint.h>
#include <sys/types.h>

/* The same in the original and in a replay, whichever of its threads is the quicker one: it is made of which
 * thread made it, where, and of how many it had made there before. */
uint64_t thread_key(void);

/* In a replay, the id that the calling thread has in the original; 0: not known. */
pid_t thread_told_tid(void);

/* In a replay, the kernel's number of a thread that was made since the wake; 0: not known. */
pid_t thread_tid(pthread_t thread);

/* From here on the calling thread is at a waveform, which the original does not have; or no longer. */
void thread_at_waveform(bool is_at_waveform);

#endif
