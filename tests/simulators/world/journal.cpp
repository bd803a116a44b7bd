// SPDX-License-Identifier: MIT
// Files as testbenches keep them: logs, a table that is read and written in place, a checkpoint that is
// replaced as a whole. What is read back goes into the stimulus, so that a replay that reads something else
// goes another way.
#include "journal.h"

#include <fcntl.h>
#include <stdexcept>
#include <string>
#include <unistd.h>

namespace
{

constexpr unsigned places = 16; // of the table
constexpr int place_size = 9;   // eight digits and a newline

FILE *opened(const char *path, const char *mode)
{
    FILE *file = fopen(path, mode);
    if (!file)
        throw std::runtime_error(std::string(path) + " cannot be opened");
    return file;
}

} // namespace

Journal::Journal()
    : stream_("world.stream"), log_(opened("world.log", "w")), added_(opened("world.added", "a")),
      table_(opened("world.table", "w+")), tail_(open("world.log", O_RDONLY))
{
    setvbuf(log_, nullptr, _IOLBF, 0);
    for (unsigned place = 0; place < places; place++)
        fprintf(table_, "%08x\n", place);
    std::ofstream("world.checkpoint") << "none\n";
}

Journal::~Journal()
{
    fclose(log_);
    fclose(added_);
    fclose(table_);
    close(tail_);
}

// What has come to the log since the last look: nothing that a replay has not written itself.
uint32_t Journal::log(uint64_t cycle, uint32_t state)
{
    fprintf(log_, "%llu %08x\n", static_cast<unsigned long long>(cycle), state);
    fprintf(added_, "%llu\n", static_cast<unsigned long long>(cycle));
    stream_ << cycle << ' ' << state << '\n';
    if (cycle % 16 == 0)
        stream_.flush();
    uint32_t sum = 0;
    char bytes[64];
    for (ssize_t got; (got = read(tail_, bytes, sizeof bytes)) > 0;)
        for (ssize_t i = 0; i < got; i++)
            sum = sum * 31 + static_cast<unsigned char>(bytes[i]);
    return sum;
}

uint32_t Journal::exchange(uint64_t cycle, uint32_t state)
{
    const long at = static_cast<long>(cycle / 3 % places) * place_size;
    unsigned old = 0;
    fseek(table_, at, SEEK_SET);
    if (fscanf(table_, "%8x", &old) != 1)
        throw std::runtime_error("world.table is broken");
    fseek(table_, at, SEEK_SET);
    fprintf(table_, "%08x", state);
    fflush(table_);
    return old;
}

uint32_t Journal::replace(uint64_t cycle, uint32_t state)
{
    std::ofstream("world.new") << cycle << '-' << state << '\n';
    if (rename("world.new", "world.checkpoint") != 0)
        throw std::runtime_error("world.checkpoint cannot be replaced");
    std::string now;
    std::ifstream("world.checkpoint") >> now;
    uint32_t sum = 0;
    for (const char c : now)
        sum = sum * 31 + static_cast<unsigned char>(c);
    return sum;
}

uint32_t Journal::note(uint64_t cycle, uint32_t state)
{
    uint32_t read_back = 0;
    if (cycle % 2 == 0)
        read_back ^= log(cycle, state);
    if (cycle % 3 == 0)
        read_back ^= exchange(cycle, state);
    if (cycle % 50 == 0)
        read_back ^= replace(cycle, state);
    return read_back;
}
