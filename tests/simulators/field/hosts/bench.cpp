// SPDX-License-Identifier: MIT
// See bench.h. FIELD_TRACE, for an oracle, is the waveform of the model that was opened last.
#include "bench.h"

#include <memory>

#include "../trace.h"
#include "Valpha.h"

namespace
{
struct Bench {
    VerilatedContext context;
    Valpha top{&context};
    FieldTrace trace{&context, top};
};

std::unique_ptr<Bench> bench;
} // namespace

void bench_open(void)
{
    bench = nullptr;
    bench = std::make_unique<Bench>();
}

unsigned bench_step(unsigned d)
{
    bench->top.clk = !bench->top.clk;
    bench->top.d = d;
    bench->top.eval();
    bench->trace.dump(bench->context.time());
    bench->context.timeInc(1);
    return bench->top.q;
}

void bench_close(void)
{
    bench = nullptr;
}
