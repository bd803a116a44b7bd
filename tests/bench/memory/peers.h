// SPDX-License-Identifier: MIT
// Other ways to keep a state of a simulator, each called by the testbench itself now and then.
#ifndef BENCH_MEMORY_PEERS_H
#define BENCH_MEMORY_PEERS_H

#include "options.h"

class Vmemory;

// All that a run goes on from.
struct State {
    Vmemory *top;
    void *memory;
    size_t bytes;
    uint64_t *eval, *random;
};

// Before each eval: takes a snapshot where the period is over. True in a copy that was woken: it is to trace
// from here on.
bool peer_look(const Options &options, const State &state);

// What --restore names, saved by another run.
void peer_restore(const Options &options, const State &state);

// At the failure: the oldest runs to it again, traced. Returns when its waveform is there, and prints how
// long that took.
void peer_wake(const Options &options);

// Lets go of what is kept, and prints how many there were, the median time of one, and the size of files.
void peer_end(const Options &options);

#endif
