// SPDX-License-Identifier: MIT
// The oracle of these testbenches: with FIELD_TRACE=FILE a run is traced from its start by the testbench
// itself. Such a run has no library.
#pragma once
#include <cstdint>
#include <cstdlib>
#include <memory>
#include <vector>

#include "verilated.h"
#include "verilated_vcd_c.h"

class FieldTrace
{
    VerilatedVcdC *file = nullptr;

    template <class Model> void add(Model &model)
    {
        model.trace(file, 99);
    }
    template <class Model> void add(std::vector<std::unique_ptr<Model>> &models)
    {
        for (auto &model : models)
            add(*model);
    }

  public:
    template <class... Models> explicit FieldTrace(VerilatedContext *context, Models &...models)
    {
        const char *path = getenv("FIELD_TRACE");
        if (path == nullptr)
            return;
        context->traceEverOn(true);
        file = new VerilatedVcdC;
        (add(models), ...);
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
