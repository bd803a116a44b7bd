// SPDX-License-Identifier: MIT
// A plain testbench: base EVALS STATUS.
#include <cstdint>
#include <cstdio>
#include <cstdlib>

#include "Valpha.h"
#include "trace.h"

int main(int argc, char **argv)
{
    uint64_t evals = argc > 1 ? strtoull(argv[1], nullptr, 0) : 100000;
    VerilatedContext context;
    Valpha top(&context);
    FieldTrace trace(&context, top);
    for (uint64_t n = 0; n < evals; n++) {
        top.clk = !top.clk;
        top.d = static_cast<IData>(n);
        top.eval();
        trace.dump(context.time());
        context.timeInc(1);
    }
    printf("%lu evals, q=%u\n", evals, top.q);
    return argc > 2 ? atoi(argv[2]) : 3;
}
