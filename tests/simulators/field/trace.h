// SPDX-License-Identifier: MIT
// The oracle of these testbenches: with FIELD_TRACE=FILE a run is traced from its start by the testbench
// itself. Such a run has no library.
#pragma once
#include <cstdint>
#include <cstdlib>

#include "verilated.h"
#include "verilated_vcd_c.h"

class FieldTrace
{
    VerilatedVcdC *file = nullptr;

  public:
    template <class... Models> explicit FieldTrace(VerilatedContext *context, Models &...models)
    {
        const char *path = getenv("FIELD_TRACE");
        if (path == nullptr)
            return;
        context->traceEverOn(true);
        file = new VerilatedVcdC;
        (models.trace(file, 99), ...);
        file->open(path);
    }
    FieldTrace(const FieldTrace &) = delete;
    FieldTrace &operator=(const FieldTrace &) = delete;

    void dump(uint64_t time)
    {
        if (file != nullptr)
            file->dump(time);
    }

    ~FieldTrace()
    {
        if (file != nullptr)
            file->close();
        delete file;
    }
};
