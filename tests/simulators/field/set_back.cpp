// SPDX-License-Identifier: MIT
// A testbench whose time stands at 0 from an eval on, where it has moved before: set_back EVALS EVAL STATUS.
#include <cstdlib>

#include "Valpha.h"
#include "verilated.h"

int main(int argc, char **argv)
{
    const long evals = argc > 1 ? atol(argv[1]) : 1000, back = argc > 2 ? atol(argv[2]) : 500;
    VerilatedContext context;
    Valpha top(&context);
    for (long n = 1; n <= evals; n++) {
        top.clk = !top.clk;
        top.d = static_cast<IData>(n);
        top.eval();
        if (n < back)
            context.timeInc(1);
        else
            context.time(0);
    }
    return argc > 3 ? atoi(argv[3]) : 0;
}
