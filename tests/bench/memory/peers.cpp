// SPDX-License-Identifier: MIT
// fork() as LightSSS in the emulator of XiangShan does it: two copies wait, the oldest is killed and waited
// for. Save: Verilator's own, and the memory behind it, into a file in memory; a process of its own goes on
// from there.
#include "peers.h"

#include "Vmemory.h"

#include <algorithm>
#include <chrono>
#include <csignal>
#include <cstdio>
#include <cstdlib>
#include <string>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>
#include <vector>
#include <verilated_save.h>

using Clock = std::chrono::steady_clock;

struct Copy {
    pid_t pid;
    int wake; // a pipe: a byte wakes it
};

static std::vector<double> took; // seconds
static Copy copies[2];
static Clock::time_point last;
static uint64_t looks;

static double since(Clock::time_point begin)
{
    return std::chrono::duration<double>(Clock::now() - begin).count();
}

static void dismiss(Copy &copy)
{
    if (copy.pid > 0) {
        kill(copy.pid, SIGKILL);
        waitpid(copy.pid, nullptr, 0);
        close(copy.wake);
    }
    copy = {};
}

// True in the copy, when it is woken.
static bool fork_copy()
{
    Copy &copy = copies[took.size() % 2];
    int ends[2];
    char byte;

    dismiss(copy);
    if (pipe(ends) != 0)
        exit(1);
    copy = {fork(), ends[1]};
    if (copy.pid == 0) {
        for (Copy &other : copies)
            if (other.wake > 0)
                close(other.wake);
        if (read(ends[0], &byte, 1) == 1)
            return true;
        _exit(0);
    }
    close(ends[0]);
    return false;
}

static std::string file_name(size_t number)
{
    return "/dev/shm/bench." + std::to_string(getpid()) + "." + std::to_string(number % 2);
}

static void save(const State &state)
{
    VerilatedSave file;

    file.open(file_name(took.size()));
    file << *state.top;
    file.write(state.eval, sizeof *state.eval);
    file.write(state.random, sizeof *state.random);
    file.write(state.memory, state.bytes);
    file.close();
}

void peer_restore(const Options &options, const State &state)
{
    VerilatedRestore file;

    if (options.restore.empty())
        return;
    file.open(options.restore);
    file >> *state.top;
    file.read(state.eval, sizeof *state.eval);
    file.read(state.random, sizeof *state.random);
    file.read(state.memory, state.bytes);
    file.close();
}

bool peer_look(const Options &options, const State &state)
{
    if (options.peer == Peer::None || (looks++ & 255) != 0)
        return false;
    if (!took.empty() && since(last) < options.period)
        return false;
    const auto begin = Clock::now();
    if (options.peer == Peer::Save)
        save(state);
    else if (fork_copy())
        return true;
    took.push_back(since(begin));
    last = Clock::now();
    return false;
}

static size_t oldest()
{
    return took.size() < 2 ? 0 : took.size() % 2;
}

static void wake_copy(const Copy &copy)
{
    if (write(copy.wake, "w", 1) == 1)
        waitpid(copy.pid, nullptr, 0);
}

static void wake_file(const Options &options)
{
    const std::string fail = std::to_string(options.fail_eval), mib = std::to_string(options.mib),
                      accesses = std::to_string(options.accesses), hot = std::to_string(options.hot_mib),
                      name = file_name(oldest());
    const pid_t pid = fork();

    if (pid == 0) {
        execl("/proc/self/exe", "memory", "--restore", name.c_str(), "--trace", "peer.vcd", "--evals",
              fail.c_str(), "--fail", fail.c_str(), "--mib", mib.c_str(), "--accesses", accesses.c_str(),
              "--hot", hot.c_str(), "--mode", options.mode_name.c_str(), nullptr);
        _exit(127);
    }
    waitpid(pid, nullptr, 0);
}

void peer_wake(const Options &options)
{
    struct stat facts = {};

    if (took.empty())
        return;
    const auto begin = Clock::now();
    if (options.peer == Peer::Save)
        wake_file(options);
    else
        wake_copy(copies[oldest()]);
    const double seconds = since(begin);
    stat("peer.vcd", &facts);
    printf("peer_wave_s %.3f peer_wave_mib %.1f\n", seconds, static_cast<double>(facts.st_size) / (1 << 20));
}

void peer_end(const Options &options)
{
    double mib = 0;

    if (took.empty())
        return;
    for (Copy &copy : copies)
        dismiss(copy);
    for (size_t i = 0; i < 2 && options.peer == Peer::Save; i++) {
        struct stat facts = {};
        stat(file_name(i).c_str(), &facts);
        mib += static_cast<double>(facts.st_size) / (1 << 20);
        unlink(file_name(i).c_str());
    }
    std::sort(took.begin(), took.end());
    printf("peer_snapshots %zu peer_ms %.3f peer_files_mib %.1f\n", took.size(), took[took.size() / 2] * 1e3,
           mib);
}
