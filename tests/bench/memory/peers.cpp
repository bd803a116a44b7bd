// SPDX-License-Identifier: MIT
// fork() as LightSSS in the emulator of XiangShan does it: two copies wait, the oldest is killed and waited
// for. Save: Verilator's own, and the memory behind it, into a file in memory. gcore, CRIU: the commands,
// into a file in memory.
#include "peers.h"

#include "Vmemory.h"

#include <algorithm>
#include <chrono>
#include <csignal>
#include <cstdio>
#include <cstdlib>
#include <string>
#include <sys/wait.h>
#include <unistd.h>
#include <vector>
#include <verilated_save.h>

using Clock = std::chrono::steady_clock;

static const char *const DIRECTORY = "/dev/shm";
static std::vector<double> took; // seconds
static pid_t parked[2];
static Clock::time_point last;
static uint64_t evals;

static double since(Clock::time_point begin)
{
    return std::chrono::duration<double>(Clock::now() - begin).count();
}

static void dismiss(pid_t &pid)
{
    if (pid > 0) {
        kill(pid, SIGKILL);
        waitpid(pid, nullptr, 0);
    }
    pid = 0;
}

static void fork_copy()
{
    pid_t &slot = parked[took.size() % 2];

    dismiss(slot);
    slot = fork();
    if (slot == 0)
        for (;;)
            pause();
}

static std::string file_name()
{
    return std::string(DIRECTORY) + "/bench." + std::to_string(getpid()) + "." +
           std::to_string(took.size() % 2);
}

static void save(const State &state)
{
    VerilatedSave file;

    file.open(file_name());
    file << *state.top;
    file.write(state.memory, state.bytes);
    file.close();
}

static void take(const Options &options, const State &state)
{
    const auto begin = Clock::now();

    switch (options.peer) {
    case Peer::Fork:
        fork_copy();
        break;
    case Peer::Save:
        save(state);
        break;
    case Peer::None:
        break;
    }
    took.push_back(since(begin));
    last = Clock::now();
}

void peer_look(const Options &options, const State &state)
{
    if (options.peer == Peer::None || (evals++ & 1023) != 0)
        return;
    if (took.empty() || since(last) >= options.period)
        take(options, state);
}

// Bytes of files in memory; copies of fork() are asked by who started us.
static unsigned long long kept_bytes(const std::string &name)
{
    FILE *pipe = popen(("du -sB1 " + name + " 2>/dev/null").c_str(), "r");
    unsigned long long bytes = 0;

    if (!pipe)
        return 0;
    if (fscanf(pipe, "%llu", &bytes) != 1)
        bytes = 0;
    pclose(pipe);
    return bytes;
}

void peer_end(const Options &options)
{
    if (took.empty())
        return;
    unsigned long long bytes = 0;
    for (pid_t &pid : parked)
        dismiss(pid);
    for (size_t i = 0; i < 2 && options.peer != Peer::Fork; i++) {
        const std::string name =
            std::string(DIRECTORY) + "/bench." + std::to_string(getpid()) + "." + std::to_string(i);
        bytes += kept_bytes(name);
        if (system(("rm -rf " + name).c_str()) != 0)
            fprintf(stderr, "memory: %s stays\n", name.c_str());
    }
    std::sort(took.begin(), took.end());
    printf("peer_snapshots %zu peer_ms %.3f peer_kept_mib %.1f\n", took.size(), took[took.size() / 2] * 1e3,
           static_cast<double>(bytes) / (1 << 20));
}
