// SPDX-License-Identifier: MIT
// The oracle of these testbenches: with FIELD_TRACE=FILE a run is traced from its start by the testbench
// itself, or where a campaign says so (trace_to). Such a run has no library.
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

    static const char *&told_path()
    {
        static const char *path = getenv("FIELD_TRACE");
        return path;
    }

  public:
    // Of those that are made from now on.
    static void trace_to(const char *path)
    {
        if (path != nullptr)
            told_path() = path;
    }

    template <class... Models> explicit FieldTrace(VerilatedContext *context, Models &...models)
    {
        const char *path = told_path();
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

    // Before an end that runs no destructors.
    void close()
    {
        if (file != nullptr)
            file->close();
    }

    ~FieldTrace()
    {
        close();
        delete file;
    }
};
