// SPDX-License-Identifier: MIT
// A testbench that opens its trace at the start and dumps from a late cycle on only: latetrace EVALS FROM
// [MICROSECONDS [UNTIL]]. It dumps until that eval. With FIELD_TRACE it dumps all, else with UNTIL it ends by
// SIGKILL.
#include <climits>
#include <csignal>
#include <cstdlib>
#include <unistd.h>

#include "Vcounter.h"
#include "verilated.h"
#include "verilated_vcd_c.h"

int main(int argc, char **argv)
{
    const char *whole = getenv("FIELD_TRACE");
    const long evals = argc > 1 ? atol(argv[1]) : 900;
    const long from = argc > 2 && whole == nullptr ? atol(argv[2]) : 0;
    const useconds_t pause = argc > 3 ? static_cast<useconds_t>(atol(argv[3])) : 0;
    const long until = argc > 4 && whole == nullptr ? atol(argv[4]) : LONG_MAX;
    Verilated::traceEverOn(true);
    Vcounter top;
    VerilatedVcdC trace;
    top.trace(&trace, 99);
    trace.open(whole != nullptr ? whole : "late.vcd");
    for (long i = 0; i < evals; i++) {
        top.clk = i & 1;
        top.eval();
        if (i >= from && i < until)
            trace.dump(static_cast<uint64_t>(i));
        if (pause > 0)
            usleep(pause);
    }
    if (until < LONG_MAX)
        raise(SIGKILL);
    trace.close();
    return 1;
}
