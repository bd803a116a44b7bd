// SPDX-License-Identifier: MIT
// +kind=exit|abort|segv +at=EVAL +dump=FILE
#include "Vrandom.h"
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
    Vrandom top{&context};
    VerilatedVcdC trace;
    if (!file.empty()) {
        context.traceEverOn(true);
        top.trace(&trace, 99);
        trace.open(file.c_str());
    }
    for (long eval = 1; eval <= 60; eval++) {
        context.timeInc(5);
        top.clk = !top.clk;
        top.eval();
        if (!file.empty()) {
            trace.dump(context.time());
            trace.flush();
        }
        if (eval != at)
            continue;
        if (kind == "abort")
            std::abort();
        if (kind == "segv")
            *static_cast<volatile int *>(nullptr) = 1;
        std::exit(3);
    }
    std::printf("sum %u\n", top.sum);
    return 0;
}
