// SPDX-License-Identifier: MIT
// A testbench that takes what it needs from memory that it shares with another process: ring PATH HOW EVALS
// [kill | PID]. HOW: "waits" for it by a condition, or "looks" again and again. It ends with status 3, or
// kills itself; with a PID it ends that process before.
#include <sched.h>

#include <csignal>
#include <cstdio>
#include <cstring>
#include <string>

#include "Valpha.h"
#include "ring.h"
#include "trace.h"

static uint32_t take(Ring *ring, bool waits)
{
    if (!waits) {
        while (ring->put == ring->taken)
            sched_yield();
        uint32_t number = ring->number[ring->taken % Ring::SIZE];
        ring->taken++;
        return number;
    }
    pthread_mutex_lock(&ring->mutex);
    while (ring->put == ring->taken)
        pthread_cond_wait(&ring->condition, &ring->mutex);
    uint32_t number = ring->number[ring->taken % Ring::SIZE];
    ring->taken++;
    pthread_cond_broadcast(&ring->condition);
    pthread_mutex_unlock(&ring->mutex);
    return number;
}

static void end_partner(const char *pid)
{
    std::string path = std::string("/proc/") + pid + "/maps";
    int first;
    kill(atoi(pid), SIGKILL);
    do {
        FILE *maps = fopen(path.c_str(), "r");
        first = maps == nullptr ? EOF : fgetc(maps);
        if (maps != nullptr)
            fclose(maps);
    } while (first != EOF);
}

int main(int argc, char **argv)
{
    if (argc < 4)
        return 64;
    Ring *ring = ring_map(argv[1]);
    bool waits = strcmp(argv[2], "waits") == 0;
    uint64_t evals = strtoull(argv[3], nullptr, 0);
    VerilatedContext context;
    Valpha top(&context);
    FieldTrace trace(&context, top);
    while (ring->is_ready == 0)
        sched_yield();
    for (uint64_t n = 0; n < evals; n++) {
        // So that a snapshot that is taken here has the memory full.
        while (n % 100000 == 0 && ring->put - ring->taken < Ring::SIZE)
            sched_yield();
        if (n % 200 == 0)
            top.d = take(ring, waits);
        top.clk = !top.clk;
        top.eval();
        trace.dump(context.time());
        context.timeInc(1);
    }
    printf("%lu evals, q=%u\n", evals, top.q);
    fflush(stdout);
    if (argc > 4 && strcmp(argv[4], "kill") == 0)
        kill(getpid(), SIGKILL);
    if (argc > 4)
        end_partner(argv[4]);
    return 3;
}
