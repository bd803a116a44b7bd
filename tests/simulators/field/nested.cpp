// SPDX-License-Identifier: MIT
// A testbench that its design calls: nested INNER OUTER [crash|abort|exit@EVAL] [own] [throws]. It evaluates
// so often from inside of the first eval, and then so often as others do. own: it traces; throws: some evals
// end with an exception.
#include <cstdint>
#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <string>

#include "Vnested.h"
#include "trace.h"

static VerilatedContext context;
static Vnested *top;
static FieldTrace *trace;
static long inner, outer, end_at, evals;
static std::string how;
static bool throws;

extern "C" void bench_step(unsigned n)
{
    if (how == "crash" && evals >= end_at)
        *reinterpret_cast<volatile int *>(n * 0) = 1;
    if (throws && evals % 1001 == 0)
        throw n;
}

static void evaluate(long count)
{
    for (long i = 0; i < count; i++) {
        evals++;
        top->clk = evals & 1;
        try {
            top->eval();
        } catch (unsigned n) {
            printf("cycle %u was thrown\n", n);
        }
        trace->dump(context.time());
        context.timeInc(1);
        if (evals % 500 == 0)
            printf("eval %ld: %u\n", evals, top->mixed);
        if (evals != end_at || how == "crash")
            continue;
        if (how == "abort")
            abort();
        trace->close();
        exit(3);
    }
}

extern "C" void bench_body()
{
    evaluate(inner);
}

int main(int argc, char **argv)
{
    if (argc < 3)
        return 64;
    inner = atol(argv[1]);
    outer = atol(argv[2]);
    for (int i = 3; i < argc; i++) {
        const char *at = strchr(argv[i], '@');
        if (at != nullptr) {
            how = std::string(argv[i], static_cast<size_t>(at - argv[i]));
            end_at = atol(at + 1);
        } else if (strcmp(argv[i], "throws") == 0) {
            throws = true;
        } else if (strcmp(argv[i], "own") == 0) {
            FieldTrace::trace_to("own.vcd");
        }
    }
    Vnested model(&context);
    FieldTrace traces(&context, model);
    top = &model;
    trace = &traces;
    model.eval(); // whose time is that of the last one inside
    evaluate(outer);
    printf("%ld evals, cycle %u\n", evals, model.n);
    return 0;
}
