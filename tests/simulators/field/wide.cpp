// SPDX-License-Identifier: MIT
// A testbench whose waveforms are large: wide EVALS BUSY_FROM ROUNDS [FILE]. Each round makes a new model,
// and a new trace beginning with FILE. Built with -DFST it traces FSTs.
#include <cstdio>
#include <cstdlib>
#include <string>

#include "Vwide.h"
#include "verilated.h"
#ifdef FST
#include "verilated_fst_c.h"
using Tracer = VerilatedFstC;
#else
#include "verilated_vcd_c.h"
using Tracer = VerilatedVcdC;
#endif

static void simulate(long evals, long busy_from, const std::string &trace_name)
{
    VerilatedContext context;
    Vwide top(&context);
    Tracer trace;
    if (!trace_name.empty()) {
        context.traceEverOn(true);
        top.trace(&trace, 99);
        trace.open(trace_name.c_str());
    }
    for (long i = 0; i < evals; i++) {
        top.clk = i & 1;
        top.busy = i >= busy_from;
        top.eval();
        if (!trace_name.empty())
            trace.dump(context.time());
        context.timeInc(1);
    }
    printf("%llx\n", static_cast<unsigned long long>(top.last));
    trace.close();
}

int main(int argc, char **argv)
{
    const long evals = atol(argv[1]), busy_from = atol(argv[2]), rounds = atol(argv[3]);
    for (long i = 1; i <= rounds; i++)
        simulate(evals, busy_from, argc > 4 ? argv[4] + std::to_string(i) : "");
    return 1;
}
