// SPDX-License-Identifier: MIT
// A testbench that needs more memory halfway: memory EVALS HELD_MIB ASKED_MIB STATUS. Where it is refused
// that, its status is 7.
#include <cstdint>
#include <cstdio>
#include <cstdlib>
#include <cstring>

#include "Valpha.h"
#include "trace.h"

static void *take(uint64_t mib)
{
    void *memory = malloc(mib << 20);
    if (memory != nullptr)
        memset(memory, 1, mib << 20);
    return memory;
}

int main(int argc, char **argv)
{
    if (argc < 5)
        return 2;
    uint64_t evals = strtoull(argv[1], nullptr, 0);
    void *held = take(strtoull(argv[2], nullptr, 0)), *asked = nullptr;
    VerilatedContext context;
    Valpha top(&context);
    FieldTrace trace(&context, top);
    for (uint64_t n = 0; n < evals; n++) {
        top.clk = !top.clk;
        top.d = static_cast<IData>(n);
        top.eval();
        trace.dump(context.time());
        context.timeInc(1);
        if (n == evals / 2 && (asked = take(strtoull(argv[3], nullptr, 0))) == nullptr) {
            printf("refused\n");
            return 7;
        }
    }
    printf("%lu evals, q=%u\n", evals, top.q);
    free(asked);
    free(held);
    return atoi(argv[4]);
}
