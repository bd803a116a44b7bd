// SPDX-License-Identifier: MIT
// Testbench: main CYCLES [TRACE [DUMPVARS]] aborts behind so many cycles, and traces itself if it is told to.
// Two models are evaluated in turn, each with a tracer of its own; the second one's file is TRACE.second.
// Before each eval memory is given back in which every bit is set.
#include "Vscope.h"

#include <cstdlib>
#include <cstring>
#include <memory>
#include <string>
#if VM_TRACE_FST
#include <verilated_fst_c.h>
using Tracer = VerilatedFstC;
#else
#include <verilated_vcd_c.h>
using Tracer = VerilatedVcdC;
#endif

static void leave_dirt()
{
    static void *volatile pieces[256];
    for (size_t i = 0; i < 256; i++) {
        pieces[i] = malloc(16 * (i + 1));
        memset(pieces[i], 0xff, 16 * (i + 1));
    }
    for (void *piece : pieces)
        free(piece);
}

int main(int argc, char **argv)
{
    const long cycles = argc > 1 ? atol(argv[1]) : 100;
    Verilated::traceEverOn(argc > 2);
    const std::unique_ptr<Vscope> models[2] = {std::make_unique<Vscope>("TOP"),
                                               std::make_unique<Vscope>("second")};
    Tracer tracers[2];
    for (size_t i = 0; i < 2 && argc > 2; i++) {
        models[i]->trace(&tracers[i], 99);
        if (argc > 3)
            tracers[i].dumpvars(1, argv[3]);
        tracers[i].open((std::string(argv[2]) + (i > 0 ? ".second" : "")).c_str());
    }
    for (long cycle = 0; cycle < 2 * cycles; cycle++) {
        Verilated::timeInc(1);
        for (const auto &model : models) {
            model->clk = cycle % 2;
            leave_dirt();
            model->eval();
        }
        for (size_t i = 0; i < 2 && argc > 2; i++)
            tracers[i].dump(Verilated::time());
    }
    for (size_t i = 0; i < 2 && argc > 2; i++)
        tracers[i].flush();
    for (size_t i = 0; i < 2 && argc > 2 && getenv("SCOPE_CLOSES"); i++)
        tracers[i].close();
    abort();
}
