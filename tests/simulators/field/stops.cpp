// SPDX-License-Identifier: MIT
// A testbench whose design ends the run: stops HOW CYCLE EVALS [own] [reads] [crashes@EVAL]. HOW is a number
// for the design, or `abort` or `exit`: the testbench does that itself. It ends by itself after so many
// evals, and where Verilator says so. own: it traces; reads: a byte of stdin for each eval; crashes: it
// would, at that eval. With FIELD_TRACE nothing of the design ends it, and all is traced.
#include <chrono>
#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <string>

#include "Vstops.h"
#include "verilated.h"
#ifdef FST
#include "verilated_fst_c.h"
using Tracer = VerilatedFstC;
#else
#include "verilated_vcd_c.h"
using Tracer = VerilatedVcdC;
#endif

static bool reads;
static long crash_at = -1;

static void read_on(int argc, char **argv, const char **trace)
{
    for (int i = 4; i < argc; i++) {
        const std::string word = argv[i];
        if (word == "own" && *trace == nullptr)
            *trace = "own.wave";
        else if (word == "reads")
            reads = true;
        else if (word.rfind("crashes@", 0) == 0)
            crash_at = atol(word.c_str() + strlen("crashes@"));
    }
}

int main(int argc, char **argv)
{
    if (argc < 4)
        return 64;
    const std::string how = argv[1];
    const uint32_t at = static_cast<uint32_t>(atol(argv[2]));
    const long evals = atol(argv[3]);
    const bool by_itself = how == "abort" || how == "exit";
    const char *trace = getenv("FIELD_TRACE");
    const bool whole = trace != nullptr;
    read_on(argc, argv, &trace);

    VerilatedContext context;
    context.fatalOnError(!whole);
    context.traceEverOn(true);
    Vstops top(&context);
    Tracer tracer;
    if (trace != nullptr) {
        top.trace(&tracer, 99);
        tracer.open(trace);
    }
    top.at = by_itself ? 0xffffffff : at;
    top.how = by_itself ? 0 : static_cast<uint32_t>(atoi(how.c_str()));
    long count = 0;
    while (count < evals && (whole || !context.gotFinish())) {
        if (whole)
            context.gotFinish(false);
        top.clk = count++ & 1;
        if (reads && getchar() == EOF)
            return 7;
        top.eval();
        if (trace != nullptr)
            tracer.dump(context.time());
        context.timeInc(1);
        if (std::chrono::steady_clock::now().time_since_epoch().count() == 0)
            return 8;
        if (count == crash_at && !whole)
            *reinterpret_cast<volatile int *>(count * 0) = 1;
        if (count % 100 == 0)
            printf("eval %ld: %u\n", count, top.mixed);
        if (by_itself && !whole && top.n == at + 1) {
            fflush(stdout);
            how == "abort" ? abort() : exit(3);
        }
    }
    tracer.close();
    printf("%ld evals, cycle %u\n", count, top.n);
    return 0;
}
