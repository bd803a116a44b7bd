// SPDX-License-Identifier: MIT
// The mcu as a library with a C interface, for hosts that are not written in C++: Python's ctypes.
#include "../mcu/ends.h"
#include "Vmcu.h"
#include "Vmcu__Dpi.h"

#include <memory>
#include <verilated.h>
#include <verilated_vcd_c.h>

struct Simulator {
    VerilatedContext context;
    Vmcu top{&context};
    std::unique_ptr<VerilatedVcdC> tracer;
};

static Simulator *dying; // inside its next eval

// Called by the design in every cycle.
extern "C" unsigned int host_sample(unsigned int design_cycle, unsigned int value)
{
    if (dying) {
        if (dying->tracer)
            dying->tracer->close();
        ends::now(ends::parse("segv@0"));
    }
    return design_cycle * 0x9e3779b9u ^ value;
}

extern "C" Simulator *mcu_open(const char *trace)
{
    auto simulator = std::make_unique<Simulator>();
    if (*trace) {
        simulator->tracer = std::make_unique<VerilatedVcdC>();
        simulator->context.traceEverOn(true);
        simulator->top.trace(simulator->tracer.get(), 99);
        simulator->tracer->open(trace);
    }
    return simulator.release();
}

// Half a clock cycle. Returns the checksum.
extern "C" unsigned int mcu_step(Simulator *simulator, int clk, int rst, unsigned long long seed)
{
    simulator->top.clk = clk;
    simulator->top.rst = rst;
    simulator->top.seed = seed;
    simulator->top.eval();
    if (simulator->tracer)
        simulator->tracer->dump(simulator->context.time());
    simulator->context.timeInc(1);
    return simulator->top.checksum;
}

// Dies of SIGSEGV inside eval(), soon.
extern "C" void mcu_die(Simulator *simulator)
{
    dying = simulator;
}

// Dies here, between two evals.
extern "C" void mcu_end(Simulator *simulator, const char *kind)
{
    if (simulator->tracer)
        simulator->tracer->close();
    ends::now(ends::parse(std::string(kind) + "@0"));
}

extern "C" void mcu_close(Simulator *simulator)
{
    delete simulator;
}
