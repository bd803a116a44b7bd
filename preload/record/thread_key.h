/* SPDX-License-Identifier: MIT */
/* Which thread of the original a thread of a replay is: the kernel's number does not tell, nor which of them
 * is the quicker one. */
#ifndef LIGHTSSS_PRELOAD_RECORD_THREAD_KEY_H
#define LIGHTSSS_PRELOAD_RECORD_THREAD_KEY_H

#include <stdbool.h>
#include <stdint.h>

/* Of the calling thread, the same in the original and in a replay: it is made of which thread made it, where,
 * and of how many it had made there before. */
uint64_t thread_key(void);

/* Of the thread that the calling one is about to make there. */
uint64_t thread_key_of_child(const void *caller);

/* From here on the calling thread is at a waveform, which the original does not have; or no longer. */
void thread_key_at_waveform(bool is_at_waveform);

#endif
