// SPDX-License-Identifier: MIT
// A testbench that raises its time before it dumps: ahead EVALS UNTIL STEP. It dumps with the time that is
// then, until eval UNTIL; with STEP 0 it does not raise the context's time, but counts one of its own, and
// with a negative one it raises its time behind the dump. With FIELD_TRACE it dumps all.
#include <cstdint>
#include <cstdio>
#include <cstdlib>

#include "Vcounter.h"
#include "verilated.h"
#include "verilated_vcd_c.h"

int main(int argc, char **argv)
{
    const char *whole = getenv("FIELD_TRACE");
    const long evals = argc > 1 ? atol(argv[1]) : 900;
    const long until = argc > 2 && whole == nullptr ? atol(argv[2]) : evals;
    const long step = argc > 3 ? atol(argv[3]) : 1;
    const uint64_t raised = static_cast<uint64_t>(labs(step));
    VerilatedContext context;
    context.traceEverOn(true);
    Vcounter top(&context);
    VerilatedVcdC trace;
    if (until > 0) {
        top.trace(&trace, 99);
        trace.open(whole != nullptr ? whole : "ahead.vcd");
    }
    for (long i = 0; i < evals; i++) {
        top.clk = i & 1;
        top.eval();
        if (step > 0)
            context.timeInc(raised);
        if (i < until)
            trace.dump(step == 0 ? static_cast<uint64_t>(10 * i + 5) : context.time());
        if (step < 0)
            context.timeInc(raised);
    }
    trace.close();
    printf("%u cycles\n", top.n);
    return 1;
}
