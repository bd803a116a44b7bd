// SPDX-License-Identifier: MIT
// Where the world simulator's stimulus comes from: one row for each way in source.cpp.
#ifndef LIGHTSSS_TESTS_SIMULATORS_WORLD_SOURCE_H
#define LIGHTSSS_TESTS_SIMULATORS_WORLD_SOURCE_H

#include <cstdint>
#include <memory>
#include <string>

// Gives one word for each cycle. Throws std::runtime_error where there is none.
class Source
{
  public:
    virtual ~Source() = default;
    virtual uint32_t next() = 0;
};

// argument: a file's name, a port, ...; the row says what. Throws std::invalid_argument for an unknown name.
std::unique_ptr<Source> open_source(const std::string &name, const std::string &argument);

// What the program does when it is started as its own helper: prints words for ever.
int be_helper(const std::string &seed);

#endif
