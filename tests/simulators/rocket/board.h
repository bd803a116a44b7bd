/* SPDX-License-Identifier: MIT */
/* What the core finds on its two AXI ports: RAM that holds the program, and a board with a boot ROM, a
 * console and a register that ends the run. */
#ifndef LIGHTSSS_TESTS_SIMULATORS_ROCKET_BOARD_H
#define LIGHTSSS_TESTS_SIMULATORS_ROCKET_BOARD_H

#include "axi_slave.h"

#include <string>
#include <vector>

class ram : public device
{
  public:
    static constexpr uint32_t BASE = 0x80000000;
    static constexpr uint32_t SIZE_BYTES = 16u << 20;

    bool load(const std::string &path); /* raw image, at BASE */
    uint64_t read(uint32_t address) const override;
    void write(uint32_t address, uint64_t data, uint64_t mask) override;

  private:
    std::vector<uint64_t> words = std::vector<uint64_t>(SIZE_BYTES / 8);
};

class board : public device
{
  public:
    static constexpr uint32_t BOOT = 0x10000000;    /* Rocket's own ROM jumps here */
    static constexpr uint32_t CONSOLE = 0x10001000; /* a written byte goes to stdout */
    static constexpr uint32_t END = 0x10002000;     /* a written status ends the run */

    uint64_t read(uint32_t address) const override;
    void write(uint32_t address, uint64_t data, uint64_t mask) override;

    bool ended() const
    {
        return has_ended;
    }
    int status() const
    {
        return end_status;
    }

  private:
    bool has_ended = false;
    int end_status = 0;
};

#endif
