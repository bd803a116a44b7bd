// SPDX-License-Identifier: MIT
// The other process of ring.cpp: ring_partner PATH HOW. It puts numbers until it is killed.
#include <sched.h>

#include <cstring>

#include "ring.h"

static void begin(Ring *ring)
{
    pthread_mutexattr_t mutex;
    pthread_condattr_t condition;

    pthread_mutexattr_init(&mutex);
    pthread_mutexattr_setpshared(&mutex, PTHREAD_PROCESS_SHARED);
    pthread_mutex_init(&ring->mutex, &mutex);
    pthread_condattr_init(&condition);
    pthread_condattr_setpshared(&condition, PTHREAD_PROCESS_SHARED);
    pthread_cond_init(&ring->condition, &condition);
    ring->is_ready = 1;
}

static void put(Ring *ring, uint32_t number)
{
    ring->number[ring->put % Ring::SIZE] = number;
    ring->put++;
}

int main(int argc, char **argv)
{
    if (argc < 3)
        return 64;
    Ring *ring = ring_map(argv[1]);
    bool waits = strcmp(argv[2], "waits") == 0;
    uint32_t number = 12345;
    begin(ring);
    for (;;) {
        number = number * 1103515245 + 12345;
        if (!waits) {
            while (ring->put - ring->taken >= Ring::SIZE)
                sched_yield();
            put(ring, number);
            continue;
        }
        pthread_mutex_lock(&ring->mutex);
        while (ring->put - ring->taken >= Ring::SIZE)
            pthread_cond_wait(&ring->condition, &ring->mutex);
        put(ring, number);
        pthread_cond_broadcast(&ring->condition);
        pthread_mutex_unlock(&ring->mutex);
    }
}
