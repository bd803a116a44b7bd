// SPDX-License-Identifier: MIT
// Verilator 4.200 brought VerilatedContext. What the testbench needs of it, in the words of today, for
// the releases before: there is one of everything, and the time is what sc_time_stamp() answers.
#ifndef LIGHTSSS_TESTS_SIMULATORS_MCU_CONTEXT_H
#define LIGHTSSS_TESTS_SIMULATORS_MCU_CONTEXT_H

#include "Vmcu.h"

#include <cstdint>
#include <memory>
#include <verilated.h>
#include <verilated_config.h>

#ifdef VERILATOR_VERSION_INTEGER

inline std::unique_ptr<Vmcu> make_model(VerilatedContext &context)
{
    return std::make_unique<Vmcu>(&context);
}

#else

#define MCU_STAMP // the only way there is to tell the time

class VerilatedContext
{
  public:
    void commandArgs(int argc, char **argv)
    {
        Verilated::commandArgs(argc, argv);
    }
    void threads(unsigned)
    {
    } // as many as the model was built for
    void traceEverOn(bool on)
    {
        Verilated::traceEverOn(on);
    }
    bool gotFinish() const
    {
        return Verilated::gotFinish();
    }
};

inline std::unique_ptr<Vmcu> make_model(VerilatedContext &)
{
    return std::make_unique<Vmcu>();
}

#endif
#endif
