// SPDX-License-Identifier: MIT
// Part of that library: traces its model, as a testbench that includes its header would.
#include <cstdint>

#include "Vleaf.h"
#include "verilated_vcd_c.h"

static VerilatedVcdC *tracer;

extern "C" void leaf_trace(Vleaf *leaf, const char *file)
{
    if (*file == '\0')
        return;
    leaf->contextp()->traceEverOn(true);
    tracer = new VerilatedVcdC;
    leaf->trace(tracer, 99);
    tracer->open(file);
}

extern "C" void leaf_dump(uint64_t time)
{
    if (tracer == nullptr)
        return;
    tracer->dump(time);
    tracer->flush();
}
