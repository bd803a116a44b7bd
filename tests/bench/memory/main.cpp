// SPDX-License-Identifier: MIT
// A testbench with a memory model of some MiB behind a small model: reads and writes it at random at each
// eval, and prints what that took: seconds (wall, user, system; of the loop only), evals per second, what is
// resident and what of it is huge. Modes: random (over all of it), hot (over a part), read (over all, writes
// only one in 256, into the hot part), sparse (a page in so many is used at all, as in RAM models of which
// little is touched).
#include "Vmemory.h"
#include "options.h"
#include "peers.h"

#include <chrono>
#include <condition_variable>
#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <memory>
#include <mutex>
#include <sys/mman.h>
#include <sys/resource.h>
#include <thread>
#include <unistd.h>
#include <vector>
#include <verilated.h>
#include <verilated_vcd_c.h>

constexpr size_t HUGE_BYTES = 2 << 20, PAGE_BYTES = 4096;

struct Memory {
    uint64_t *words;
    size_t bytes;
};

static Memory make_memory(const Options &options)
{
    const size_t bytes = options.mib << 20;
    auto *words = static_cast<uint64_t *>(
        aligned_alloc(HUGE_BYTES, (bytes + HUGE_BYTES - 1) / HUGE_BYTES * HUGE_BYTES));

    if (!words) {
        perror("memory");
        exit(1);
    }
    if (options.huge)
        madvise(words, bytes, MADV_HUGEPAGE);
    if (options.mode != Mode::Sparse)
        memset(words, 1, bytes);
    return {words, bytes};
}

static uint64_t random_number(uint64_t &state)
{
    state ^= state << 13;
    state ^= state >> 7;
    state ^= state << 17;
    return state;
}

static size_t below(uint64_t random, size_t count)
{
    return static_cast<size_t>((static_cast<unsigned __int128>(random) * count) >> 64);
}

// One access at each call, as the mode wants it.
class Traffic
{
  public:
    Traffic(const Options &options, const Memory &memory)
        : words(memory.words), all(memory.bytes / 8), hot((options.hot_mib << 20) / 8), mode(options.mode)
    {
        stride = all / (hot / (PAGE_BYTES / 8)); // of the pages that are used, in words
    }
    void access();
    uint64_t sum = 0;
    uint64_t random = 88172645463325252ull;

  private:
    uint64_t *words;
    size_t all, hot, stride;
    Mode mode;
};

inline void Traffic::access()
{
    const uint64_t number = random_number(random);

    switch (mode) {
    case Mode::Random:
        words[below(number, all)] += number;
        break;
    case Mode::Hot:
        words[below(number, hot)] += number;
        break;
    case Mode::Read:
        sum += words[below(number, all)];
        if ((number & 255) == 0)
            words[below(number << 8, hot)] += number;
        break;
    case Mode::Sparse:
        words[below(number, hot / (PAGE_BYTES / 8)) * stride + (number & 255)] += number;
        break;
    }
}

// Threads that wait, as those of a thread pool do.
class Workers
{
  public:
    explicit Workers(unsigned count)
    {
        for (unsigned i = 0; i < count; i++)
            threads.emplace_back([this] {
                std::unique_lock<std::mutex> lock(mutex);
                condition.wait(lock, [this] { return done; });
            });
    }
    ~Workers()
    {
        {
            const std::lock_guard<std::mutex> lock(mutex);
            done = true;
        }
        condition.notify_all();
        for (auto &thread : threads)
            thread.join();
    }

  private:
    std::mutex mutex;
    std::condition_variable condition;
    bool done = false;
    std::vector<std::thread> threads;
};

struct Clocks {
    double wall, user, system;
};

static Clocks read_clocks()
{
    rusage usage;
    const auto seconds = [](const timeval &time) {
        return static_cast<double>(time.tv_sec) + 1e-6 * static_cast<double>(time.tv_usec);
    };

    getrusage(RUSAGE_SELF, &usage);
    const std::chrono::duration<double> now = std::chrono::steady_clock::now().time_since_epoch();
    return {now.count(), seconds(usage.ru_utime), seconds(usage.ru_stime)};
}

// A number of /proc/self/smaps_rollup, in kB.
static long mapped_kb(const char *name)
{
    FILE *file = fopen("/proc/self/smaps_rollup", "r");
    char line[256];
    long kb = 0;

    while (file && fgets(line, sizeof line, file))
        if (strncmp(line, name, strlen(name)) == 0)
            kb = atol(line + strlen(name));
    if (file)
        fclose(file);
    return kb;
}

static void print(const Options &options, const Clocks &begin, uint64_t sum)
{
    const Clocks end = read_clocks();
    const double wall = end.wall - begin.wall;

    printf("sum %016llx\n", static_cast<unsigned long long>(sum));
    printf("wall %.4f user %.4f system %.4f evals_per_second %.0f\n", wall, end.user - begin.user,
           end.system - begin.system, static_cast<double>(options.evals) / (wall > 0 ? wall : 1));
    printf("resident_kb %ld huge_kb %ld\n", mapped_kb("Rss:"), mapped_kb("AnonHugePages:"));
}

// The testbench: one model, its tracer and its memory.
class Testbench
{
  public:
    explicit Testbench(const Options &wanted)
        : options(wanted), memory(make_memory(wanted)), traffic(wanted, memory)
    {
        context->traceEverOn(true);
        top = std::make_unique<Vmemory>(context.get());
        peer_restore(options, state());
        if (!options.trace.empty())
            trace(options.trace);
    }
    ~Testbench()
    {
        free(memory.words);
    }
    bool run(); // false: it has failed
    uint64_t sum() const
    {
        return traffic.sum + top->out;
    }

  private:
    State state()
    {
        return {top.get(), memory.words, memory.bytes, &eval, &traffic.random};
    }
    void trace(const std::string &name);
    void step();
    void lap();

    const Options &options;
    Memory memory;
    Traffic traffic;
    std::unique_ptr<VerilatedContext> context = std::make_unique<VerilatedContext>();
    std::unique_ptr<Vmemory> top;
    std::unique_ptr<VerilatedVcdC> tracer;
    uint64_t eval = 0; // that have been
    bool is_copy = false;
    double lap_begin = read_clocks().wall;
};

void Testbench::trace(const std::string &name)
{
    tracer = std::make_unique<VerilatedVcdC>();
    top->trace(tracer.get(), 99);
    tracer->open(name.c_str());
}

void Testbench::step()
{
    top->clk = !top->clk;
    top->in = static_cast<unsigned>(++eval);
    top->eval();
    context->timeInc(1);
    if (tracer)
        tracer->dump(eval);
    for (unsigned i = 0; i < options.accesses; i++)
        traffic.access();
}

// Ten laps a run: does it become slower?
void Testbench::lap()
{
    const double now = read_clocks().wall;

    if (!is_copy)
        printf("lap_%llu %.4f\n", static_cast<unsigned long long>(eval * 10 / options.evals),
               now - lap_begin);
    lap_begin = now;
}

bool Testbench::run()
{
    const uint64_t lap_evals = options.evals / 10 > 0 ? options.evals / 10 : 1;

    while (eval < options.evals) {
        if (!is_copy && peer_look(options, state())) {
            is_copy = true;
            trace("peer.vcd");
        }
        step();
        if (eval % lap_evals == 0)
            lap();
        if (eval != options.fail_eval)
            continue;
        if (tracer)
            tracer->close();
        if (is_copy)
            _exit(0);
        peer_wake(options);
        return false;
    }
    return true;
}

int main(int argc, char **argv)
{
    const Options options = parse(argc, argv);
    Testbench testbench(options);
    const Workers workers(options.workers);
    const Clocks begin = read_clocks();
    const bool passed = testbench.run();

    print(options, begin, testbench.sum());
    peer_end(options);
    return passed ? 0 : 3;
}
