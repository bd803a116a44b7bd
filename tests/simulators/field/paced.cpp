// SPDX-License-Identifier: MIT
// A testbench whose time goes on by some units with each eval: paced EVALS STEP PRECISION [kill], where -12
// are picoseconds.
#include <csignal>
#include <cstdint>
#include <cstdlib>

#include "Vcounter.h"

int main(int argc, char **argv)
{
    if (argc < 4)
        return 2;
    const uint64_t evals = strtoull(argv[1], nullptr, 0), step = strtoull(argv[2], nullptr, 0);
    VerilatedContext context;
    context.timeunit(atoi(argv[3]));
    context.timeprecision(atoi(argv[3]));
    Vcounter top(&context);
    for (uint64_t i = 0; i < evals; i++) {
        top.clk = !top.clk;
        top.eval();
        context.timeInc(step);
    }
    if (argc > 4)
        raise(SIGKILL);
    return 3;
}
