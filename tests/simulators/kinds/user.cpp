// SPDX-License-Identifier: MIT
// A testbench with its own vl_finish(), vl_stop() and vl_fatal(), around a design with delays.
#include "Vtiming.h"
#include "verilated.h"

#include <cstdio>
#include <cstdlib>

static bool finished = false;

void vl_finish(const char *file, int line, const char *)
{
    std::printf("finish at %s:%d\n", file, line);
    finished = true;
}

void vl_stop(const char *file, int line, const char *)
{
    std::printf("stop at %s:%d\n", file, line);
    std::fflush(stdout);
    Verilated::runFlushCallbacks();
    std::_Exit(9);
}

void vl_fatal(const char *file, int line, const char *, const char *message)
{
    std::printf("fatal at %s:%d: %s\n", file, line, message);
    std::exit(8);
}

int main(int argc, char **argv)
{
    VerilatedContext context;
    context.commandArgs(argc, argv);
    context.traceEverOn(true);
    Vtiming top{&context};
    while (!finished) {
        top.eval();
        if (!top.eventsPending())
            break;
        context.time(top.nextTimeSlot());
    }
    top.final();
    return 0;
}
