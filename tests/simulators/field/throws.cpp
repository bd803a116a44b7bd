// SPDX-License-Identifier: MIT
// A testbench that an exception leaves eval by, again and again: throws EVALS STATUS.
#include <cstdint>
#include <cstdio>
#include <cstdlib>
#include <stdexcept>

#include "Vthrows.h"
#include "verilated.h"

extern "C" void at_edge(int n)
{
    if (n % 100 == 99)
        throw std::runtime_error("at the edge");
}

int main(int argc, char **argv)
{
    uint64_t evals = argc > 1 ? strtoull(argv[1], nullptr, 0) : 3000;
    VerilatedContext context;
    Vthrows top(&context);
    unsigned caught = 0;
    for (uint64_t n = 0; n < evals; n++) {
        top.clk = !top.clk;
        try {
            top.eval();
        } catch (const std::exception &) {
            caught++;
        }
        context.timeInc(1);
    }
    printf("caught %u, q=%u\n", caught, top.q);
    return argc > 2 ? atoi(argv[2]) : 3;
}
