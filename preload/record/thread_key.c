/* SPDX-License-Identifier: MIT */
/* Keys of threads: see thread_key.h. */
#include "record/thread_key.h"

#include <pthread.h>

#include "base/own_thread.h"

uint64_t thread_key(void)
{
    uint64_t key = own_thread()->key;

    return key != 0 ? key : (uint64_t)pthread_self();
}

/* A tracer of the replay may make threads that the original had not: they are counted apart, by who calls and
 * by what is known of the call. */
uint64_t thread_key_of_child(const void *caller)
{
    uint64_t place = (uint64_t)caller * UINT64_C(0x9e3779b97f4a7c15) + own_thread()->is_at_waveform;
    uint64_t key = (thread_key() ^ place) + ++own_thread()->children[(place >> 32) % OWN_THREAD_CHILDREN];

    key *= UINT64_C(0xd6e8feb86659fd93);
    return (key ^ key >> 32) | 1;
}

void thread_key_at_waveform(bool is_at_waveform)
{
    own_thread()->is_at_waveform = is_at_waveform;
}
