// SPDX-License-Identifier: MIT
// +kind=exit|abort|segv +at=CYCLE +dump=FILE. Verilator lets a design with blocks be traced behind its first
// eval only.
#include "Vhierarchy.h"
#include "verilated.h"
#include "verilated_vcd_c.h"

#include <cstdio>
#include <cstdlib>
#include <string>

static std::string argument(VerilatedContext &context, const char *name)
{
    const std::string match = context.commandArgsPlusMatch(name);
    return match.empty() ? match : match.substr(match.find('=') + 1);
}

int main(int argc, char **argv)
{
    VerilatedContext context;
    context.commandArgs(argc, argv);
    const std::string kind = argument(context, "kind="), file = argument(context, "dump=");
    const long at = kind.empty() ? -1 : std::stol(argument(context, "at="));
    Vhierarchy top{&context};
    VerilatedVcdC trace;
    for (long cycle = 1; cycle <= 3000; cycle++) {
        context.timeInc(5);
        top.clk = !top.clk;
        top.a = static_cast<unsigned char>(cycle);
        top.eval();
        if (!file.empty() && cycle == 1) {
            context.traceEverOn(true);
            top.trace(&trace, 99);
            trace.open(file.c_str());
        }
        if (!file.empty())
            trace.dump(context.time());
        if (cycle != at)
            continue;
        if (!file.empty())
            trace.flush();
        if (kind == "abort")
            std::abort();
        if (kind == "segv")
            *static_cast<volatile int *>(nullptr) = 1;
        std::exit(3);
    }
    std::printf("sum %u\n", top.sum);
    trace.close();
    return 0;
}
