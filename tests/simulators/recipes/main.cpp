// SPDX-License-Identifier: MIT
// The testbench of top.sv: compares, and ends with status 1 where the design is wrong. It knows nothing of
// waveforms.
#include "Vtop.h"

#include <cstdio>

int main()
{
    Vtop top;
    unsigned sum = 0;
    for (unsigned cycle = 0; cycle < 10000; cycle++) {
        top.d = cycle * 7 % 256;
        sum += top.d;
        top.clk = 1;
        top.eval();
        if (top.sum != sum) {
            std::printf("MISMATCH in cycle %u: %u is not %u\n", cycle, top.sum, sum);
            return 1;
        }
        top.clk = 0;
        top.eval();
    }
    return 0;
}
