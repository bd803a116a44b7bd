// SPDX-License-Identifier: MIT
// The ways in which the mcu simulator can be told to end: one row for each in ends.cpp.
#ifndef LIGHTSSS_TESTS_SIMULATORS_MCU_ENDS_H
#define LIGHTSSS_TESTS_SIMULATORS_MCU_ENDS_H

#include <cstdint>
#include <stdexcept>
#include <string>

namespace ends
{

// Where an end happens: in the testbench between two evals, in a DPI function inside an eval, or in
// the design itself, which is asked by its end_request input.
enum class Where { Nowhere, Testbench, Dpi, Design };

struct Plan {
    std::string kind = "none";
    uint64_t cycle = UINT64_MAX;
    Where where = Where::Nowhere;
    unsigned request = 0; // for the design: mcu_pkg::end_e
};

// Thrown by "throw_eval"; main catches it.
struct HostError : std::runtime_error {
    using std::runtime_error::runtime_error;
};

// Reads "KIND@CYCLE"; throws std::invalid_argument for an unknown kind or no cycle.
Plan parse(const std::string &text);

// All kinds, separated by blanks.
std::string kinds();

// Ends the process as the plan says. It returns for "return" and, of course, for no end at all.
void now(const Plan &plan);

} // namespace ends

#endif
