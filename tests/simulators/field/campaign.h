// SPDX-License-Identifier: MIT
// What campaigns ask of a testbench: [--cycles N] [--trace FILE] [--fail KIND@CYCLE], anywhere among its
// other arguments. It runs for N cycles, or until CYCLE, and then fails in that way.
#pragma once
#include <csignal>
#include <cstdlib>
#include <stdexcept>
#include <string>

struct Campaign {
    long cycles;
    const char *trace = nullptr;
    std::string kind;

    Campaign(int argc, char **argv, long usual_cycles) : cycles(usual_cycles)
    {
        for (int i = 1; i + 1 < argc; i++) {
            const std::string option = argv[i];
            if (option == "--trace")
                trace = argv[++i];
            else if (option == "--cycles")
                cycles = atol(argv[++i]);
            else if (option == "--fail")
                note_failure(argv[++i]);
        }
    }

    // Fails, or returns the status.
    int end() const
    {
        if (kind == "abort")
            abort();
        if (kind == "segv")
            raise(SIGSEGV);
        if (kind == "throw")
            throw std::runtime_error("thrown");
        return kind == "exit" ? 3 : 0;
    }

  private:
    void note_failure(const std::string &failure)
    {
        const auto at = failure.find('@');
        kind = failure.substr(0, at);
        cycles = atol(failure.c_str() + at + 1);
    }
};
