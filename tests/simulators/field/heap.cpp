// SPDX-License-Identifier: MIT
// A testbench that looks at its heap, and takes blocks that it does not initialise: heap EVALS STATUS
// [MILLISECONDS of each tenth of the evals]. With HEAP_EACH=1 a line for every block.
#include <cstdint>
#include <cstdio>
#include <cstdlib>
#include <thread>

#include "Valpha.h"
#include "campaign.h"
#include "heap_facts.h"
#include "trace.h"

extern "C" int heap_run(int argc, char **argv)
{
    const Campaign campaign(argc, argv, argc > 1 ? atol(argv[1]) : 100000);
    FieldTrace::trace_to(campaign.trace);
    const uint64_t evals = static_cast<uint64_t>(campaign.cycles), part = evals > 10 ? evals / 10 : 1;
    unsigned pause_us = argc > 3 ? 1000u * static_cast<unsigned>(atoi(argv[3])) : 0;
    bool each = getenv("HEAP_EACH") != nullptr;
    heap_facts_look("main", each);
    VerilatedContext context;
    context.threads(1); // others' ids would be in the heap
    Valpha top(&context);
    FieldTrace trace(&context, top);
    heap_facts_look("model", each);
    for (uint64_t n = 0; n < evals; n++) {
        top.clk = !top.clk;
        top.d = static_cast<IData>(n);
        top.eval();
        trace.dump(context.time());
        context.timeInc(1);
        if (n == 0)
            heap_facts_look("first eval", each);
        if (n % part == part - 1) {
            usleep(pause_us);
            printf("line of output %lu\n", n);
            fflush(stdout);
            heap_facts_look("evals", each);
        }
    }
    std::thread([] { free(malloc(100)); }).join();
    heap_facts_look("thread", each);
    heap_facts_take("end");
    heap_facts_look("end", each);
    trace.close();
    if (!campaign.kind.empty())
        return campaign.end();
    return argc > 2 ? atoi(argv[2]) : 3;
}

#ifndef HEAP_LIBRARY
int main(int argc, char **argv)
{
    heap_facts_begin(argv);
    return heap_run(argc, argv);
}
#endif
