// SPDX-License-Identifier: MIT
// Other ways to keep a state of a simulator, each called by the testbench itself now and then.
#ifndef BENCH_MEMORY_PEERS_H
#define BENCH_MEMORY_PEERS_H

#include "options.h"

class Vmemory;

struct State {
    Vmemory *top;
    void *memory;
    size_t bytes;
};

// At each eval: takes a snapshot where the period is over.
void peer_look(const Options &options, const State &state);

// Lets go of what is kept, and prints how many there were, the median time of one, and what they hold.
void peer_end(const Options &options);

#endif
