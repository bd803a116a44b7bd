// SPDX-License-Identifier: MIT
// A testbench without threads, which fails late: before glibc 2.34 neither libpthread nor libdl is in its
// process.
#include "Vtick.h"

#include <cstdio>
#include <verilated.h>

static unsigned long long now;
double sc_time_stamp()
{
    return static_cast<double>(now);
}

// alone --cycles N --report N --fail stop@N, as the other simulators are started
int main(int argc, char **argv)
{
    unsigned long long last = 0;
    if (argc != 7 || std::sscanf(argv[6], "stop@%llu", &last) != 1) {
        std::fprintf(stderr, "usage: alone --cycles N --report N --fail stop@N\n");
        return 64;
    }

    Verilated::traceEverOn(true);
    auto *const top = new Vtick;
    for (; now < last; now++) {
        top->clk = !top->clk;
        top->in = static_cast<unsigned>(now);
        top->eval();
        if (now % 100000 == 0)
            std::printf("at %llu: %u\n", now, static_cast<unsigned>(top->out));
    }
    return 3;
}
