// SPDX-License-Identifier: MIT
// Runs the tick model as fast as it goes and prints nanoseconds per eval: tick [--evals N].
// The number is taken around the loop only; the checksum shows that the work was done.
#include "Vtick.h"

#include <chrono>
#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <memory>
#include <verilated.h>

int main(int argc, char **argv)
{
    unsigned long long evals = 20000000;
    if (argc == 3 && strcmp(argv[1], "--evals") == 0) {
        evals = strtoull(argv[2], nullptr, 10);
    } else if (argc != 1) {
        fprintf(stderr, "usage: tick [--evals N]\n");
        return 64;
    }

    const auto context = std::make_unique<VerilatedContext>();
    context->threads(1);
    const auto top = std::make_unique<Vtick>(context.get());

    const auto begin = std::chrono::steady_clock::now();
    unsigned sum = 0;
    for (unsigned long long i = 0; i < evals; i++) {
        top->clk = !top->clk;
        top->in = static_cast<unsigned>(i);
        top->eval();
        sum += top->out;
        context->timeInc(1);
    }
    const std::chrono::duration<double, std::nano> took = std::chrono::steady_clock::now() - begin;

    printf("evals %llu checksum %08x\n", evals, sum);
    printf("ns_per_eval %.3f\n", took.count() / static_cast<double>(evals ? evals : 1));
    return 0;
}
