// SPDX-License-Identifier: MIT
// What the memory simulator can be told on its command line.
#ifndef BENCH_MEMORY_OPTIONS_H
#define BENCH_MEMORY_OPTIONS_H

#include <cstddef>
#include <cstdint>
#include <string>

enum class Mode { Random, Hot, Read, Sparse };
enum class Peer { None, Fork, Save };

struct Options {
    uint64_t evals = 1000000;
    size_t mib = 64;
    size_t hot_mib = 16;   // Hot: all accesses go there; Sparse: so much is touched
    unsigned accesses = 4; // at each eval
    Mode mode = Mode::Random;
    std::string mode_name = "random";
    bool huge = false;
    unsigned workers = 0; // threads that wait
    Peer peer = Peer::None;
    double period = 1; // seconds between the peer's snapshots
    std::string trace;
    std::string restore;    // a file that --peer save has made
    uint64_t fail_eval = 0; // ends with status 3 behind it; 0: never
};

Options parse(int argc, char **argv);

#endif
