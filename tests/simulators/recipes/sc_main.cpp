// SPDX-License-Identifier: MIT
// The testbench of top.sv in SystemC: sc_main() returns 1 where the design is wrong.
#include "Vtop.h"

#include <systemc.h>

int sc_main(int, char **)
{
    sc_clock clk{"clk", 10, SC_NS};
    sc_signal<uint32_t> d, sum;
    Vtop top{"top"};
    top.clk(clk);
    top.d(d);
    top.sum(sum);
    uint32_t expected = 0;
    for (uint32_t cycle = 0; cycle < 10000; cycle++) {
        d.write(cycle * 7 % 256);
        expected += cycle * 7 % 256;
        sc_start(10, SC_NS);
        if (sum.read() != expected) {
            std::cout << "MISMATCH in cycle " << cycle << std::endl;
            return 1;
        }
    }
    return 0;
}
