// SPDX-License-Identifier: MIT
// A testbench that traces itself and is ended by its child while it waits for that: cut_short read|wait.
#include <cstdio>
#include <cstdlib>
#include <cstring>

#include "Valpha.h"
#include "verilated.h"
#include "verilated_vcd_c.h"

int main(int, char **argv)
{
    char line[100];
    VerilatedContext context;
    context.traceEverOn(true);
    Valpha top(&context);
    VerilatedVcdC file;
    top.trace(&file, 99);
    file.open("own.vcd");
    for (int n = 0; n < 1600; n++) {
        top.clk = !top.clk;
        top.eval();
        file.dump(context.time());
        context.timeInc(1);
    }
    if (strcmp(argv[1], "wait") == 0)
        return system("kill -TERM $PPID; sleep 20");
    FILE *child = popen("kill -TERM $PPID; sleep 20", "r");
    return child != nullptr && fgets(line, sizeof line, child) != nullptr;
}
