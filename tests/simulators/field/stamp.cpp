// SPDX-License-Identifier: MIT
// Time as old testbenches tell it: sc_time_stamp(), which takes a lock, because other threads want the time
// too. stamp EVALS inside|outside|free: evaluates with the lock held; aborts with it held; leaves it alone at
// the end. How often it was asked stands in a file at last. In a campaign it ends as that says, with the lock
// held.
#include <cstdint>
#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <mutex>

#include "Valpha.h"
#include "campaign.h"
#include "trace.h"

static std::mutex lock;
static uint64_t now, asked;

double sc_time_stamp()
{
    std::lock_guard<std::mutex> guard(lock);
    asked++;
    return static_cast<double>(now);
}

int main(int argc, char **argv)
{
    const Campaign campaign(argc, argv, argc > 1 ? atol(argv[1]) : 100000);
    FieldTrace::trace_to(campaign.trace);
    uint64_t evals = static_cast<uint64_t>(campaign.cycles);
    const char *way = argc > 2 ? argv[2] : "free";
    int ended = 3;
    bool inside = strcmp(way, "inside") == 0;
    auto *top = new Valpha;
    FieldTrace trace(Verilated::threadContextp(), *top);
    for (uint64_t n = 0; n < evals; n++) {
        std::unique_lock<std::mutex> guard(lock, std::defer_lock);
        if (inside)
            guard.lock();
        top->clk = !top->clk;
        top->d = static_cast<IData>(n);
        top->eval();
        trace.dump(now);
        if (!inside)
            guard.lock();
        now++;
        if (n + 1 < evals)
            continue;
        trace.close();
        if (!campaign.kind.empty())
            ended = campaign.end();
        else if (strcmp(way, "outside") == 0)
            abort();
    }
    printf("%lu evals, q=%u\n", evals, top->q);
    FILE *file = fopen("asked", "w");
    if (file != nullptr) {
        fprintf(file, "%lu\n", asked);
        fclose(file);
    }
    return ended;
}
