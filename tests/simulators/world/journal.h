// SPDX-License-Identifier: MIT
// What the world simulator writes, and reads back, in files of its own.
#ifndef LIGHTSSS_TESTS_SIMULATORS_WORLD_JOURNAL_H
#define LIGHTSSS_TESTS_SIMULATORS_WORLD_JOURNAL_H

#include <cstdint>
#include <cstdio>
#include <fstream>

class Journal
{
  public:
    Journal();
    Journal(const Journal &) = delete;
    Journal &operator=(const Journal &) = delete;
    ~Journal();

    // Notes a cycle. Returns what was read back: it depends on everything that was ever written.
    uint32_t note(uint64_t cycle, uint32_t state);

  private:
    uint32_t log(uint64_t cycle, uint32_t state);
    uint32_t exchange(uint64_t cycle, uint32_t state);
    uint32_t replace(uint64_t cycle, uint32_t state);

    std::ofstream stream_;
    FILE *log_;   // written from the start
    FILE *added_; // added to what earlier runs left
    FILE *table_; // read and written in place
    int tail_;    // reads what log_ writes
};

#endif
