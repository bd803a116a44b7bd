// SPDX-License-Identifier: MIT
// RAM and board of the Rocket simulator. Accesses outside of both read zero and write nothing, as
// Rocket also prefetches where nothing is.
#include "board.h"

#include <cstdio>
#include <cstring>
#include <fstream>
#include <iterator>

bool ram::load(const std::string &path)
{
    std::ifstream file(path, std::ios::binary);
    std::vector<char> image((std::istreambuf_iterator<char>(file)), std::istreambuf_iterator<char>());
    if (image.empty() || image.size() > SIZE_BYTES)
        return false;
    std::memcpy(words.data(), image.data(), image.size());
    return true;
}

uint64_t ram::read(uint32_t address) const
{
    uint32_t word = (address - BASE) / 8;
    return word < words.size() ? words[word] : 0;
}

void ram::write(uint32_t address, uint64_t data, uint64_t mask)
{
    uint32_t word = (address - BASE) / 8;
    if (word < words.size())
        words[word] = (words[word] & ~mask) | (data & mask);
}

uint64_t board::read(uint32_t address) const
{
    if (address == BOOT)
        return UINT64_C(0x01f2929300100293); // li t0, 1; slli t0, t0, 31
    if (address == BOOT + 8)
        return UINT64_C(0x00028067); // jr t0: to ram::BASE
    return 0;
}

void board::write(uint32_t address, uint64_t data, uint64_t mask)
{
    if (address == CONSOLE) {
        std::putchar(static_cast<int>(data & mask & 0xff));
    } else if (address == END) {
        has_ended = true;
        end_status = static_cast<int>(data & mask & 0xff);
    }
}
