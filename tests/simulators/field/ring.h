// SPDX-License-Identifier: MIT
// Memory that two processes share: one puts numbers into it, the other takes them out. They wait for each
// other by a condition, or by looking again and again.
#pragma once
#include <fcntl.h>
#include <pthread.h>
#include <sys/mman.h>
#include <unistd.h>

#include <atomic>
#include <cstdint>
#include <cstdlib>

struct Ring {
    static constexpr unsigned SIZE = 256;

    pthread_mutex_t mutex;
    pthread_cond_t condition;
    std::atomic<unsigned> put, taken;
    std::atomic<unsigned> is_ready;
    uint32_t number[SIZE];
};

static inline Ring *ring_map(const char *path)
{
    int fd = open(path, O_RDWR | O_CREAT, 0600);
    if (fd < 0 || ftruncate(fd, sizeof(Ring)) != 0)
        exit(70);
    void *memory = mmap(nullptr, sizeof(Ring), PROT_READ | PROT_WRITE, MAP_SHARED, fd, 0);
    close(fd);
    if (memory == MAP_FAILED)
        exit(71);
    return static_cast<Ring *>(memory);
}
