// SPDX-License-Identifier: MIT
// A testbench whose waveforms are large: wide EVALS BUSY ROUNDS [FILE]. Each round makes a new model,
// and a new trace beginning with FILE. BUSY: N, from that eval on; -N, until then; wN, N evals of each 4 N;
// rN, at random. Built with -DFST it traces FSTs.
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

static bool is_busy(const std::string &busy, long eval)
{
    static unsigned long seed = 1;
    const char kind = busy[0];
    const long number = atol(busy.c_str() + (kind == 'w' || kind == 'r'));
    if (kind == 'w')
        return eval / number % 4 == 0;
    if (kind == 'r') {
        if (eval == 0)
            seed = number;
        seed = seed * 6364136223846793005UL + 1442695040888963407UL;
        return seed >> 62 == 0;
    }
    return number < 0 ? eval < -number : eval >= number;
}

static void simulate(long evals, const std::string &busy, const std::string &trace_name)
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
        top.busy = is_busy(busy, i);
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
    const long evals = atol(argv[1]), rounds = atol(argv[3]);
    for (long i = 1; i <= rounds; i++)
        simulate(evals, argv[2], argc > 4 ? argv[4] + std::to_string(i) : "");
    return 1;
}
