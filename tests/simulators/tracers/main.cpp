// SPDX-License-Identifier: MIT
// What testbenches do with their own waveforms, one case each: tracers CASE [CYCLES [STATUS]]. Every case
// ends with exit status 1, or that one. It prints what it sees, and knows nothing of the library that is
// tested with it.
#include "Vtracers.h"

#include <atomic>
#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <fcntl.h>
#include <map>
#include <memory>
#include <string>
#include <sys/stat.h>
#include <sys/wait.h>
#include <thread>
#include <unistd.h>
#include <vector>
#include <verilated.h>
#include <verilated_vcd_c.h>

static unsigned cycles = 3000;

// One run of the model, and what is done before each cycle.
struct Bench {
    VerilatedContext context;
    Vtracers top{&context};
    unsigned cycle = 0;
    uint64_t time = 0;

    std::unique_ptr<VerilatedVcdC> tracer(VerilatedVcdFile *file = nullptr)
    {
        auto made = std::make_unique<VerilatedVcdC>(file);
        top.trace(made.get(), 99);
        return made;
    }

    template <typename Before, typename Dump> void run(Before before, Dump dump)
    {
        for (cycle = 0; cycle < cycles; cycle++) {
            before();
            for (unsigned half = 0; half < 2; half++) {
                top.clk = half;
                top.eval();
                dump(time);
                time++;
                context.timeInc(1);
            }
        }
    }
};

static void one(Bench &bench)
{
    auto trace = bench.tracer();
    trace->open("one.vcd");
    bench.run([] {}, [&](uint64_t time) { trace->dump(time); });
}

// One for each of two models; the second sees less, and dumps less. (One model cannot have two: Verilator
// forgets what has changed once it is dumped.)
static void two(Bench &bench)
{
    Bench other;
    other.context.traceEverOn(true);
    auto first = bench.tracer(), second = other.tracer();
    second->dumpvars(1, "TOP.tracers");
    first->open("first.vcd");
    second->open("second.vcd");
    bench.run([] {},
              [&](uint64_t time) {
                  first->dump(time);
                  other.top.clk = !other.top.clk;
                  other.top.eval();
                  if (time % 2)
                      second->dump(time);
              });
}

// The same object, one file after the other.
static void again(Bench &bench)
{
    auto trace = bench.tracer();
    trace->open("before.vcd");
    bench.run(
        [&] {
            if (bench.cycle == cycles - 500) {
                trace->close();
                trace->open("behind.vcd");
            }
        },
        [&](uint64_t time) { trace->dump(time); });
}

// A new object for each file.
static void each(Bench &bench)
{
    auto trace = bench.tracer();
    trace->open("part.vcd");
    bench.run(
        [&] {
            if (bench.cycle % 1000 != 999)
                return;
            trace.reset();
            trace = bench.tracer();
            trace->open(("part" + std::to_string(bench.cycle) + ".vcd").c_str());
        },
        [&](uint64_t time) { trace->dump(time); });
}

static void next(Bench &bench)
{
    auto trace = bench.tracer();
    trace->open("next.vcd");
    bench.run(
        [&] {
            if (bench.cycle % 100 == 50)
                trace->openNext(true);
        },
        [&](uint64_t time) { trace->dump(time); });
}

static void rollover(Bench &bench)
{
    auto trace = bench.tracer();
    trace->rolloverSize(20000);
    trace->open("roll.vcd");
    bench.run([] {}, [&](uint64_t time) { trace->dump(time); });
}

// Every answer that a testbench can get, and a time that comes twice.
static void questions(Bench &bench)
{
    auto trace = bench.tracer();
    printf("made: open %d\n", trace->isOpen());
    trace->open("questions.vcd");
    printf("opened: open %d\n", trace->isOpen());
    bench.run(
        [&] {
            if (bench.cycle % 500 == 7) {
                trace->flush();
                Verilated::runFlushCallbacks();
                trace->dump(bench.time ? bench.time - 1 : 0);
                printf("cycle %u: open %d\n", bench.cycle, trace->isOpen());
            }
            if (bench.cycle == cycles - 300) {
                trace->close();
                printf("closed: open %d\n", trace->isOpen());
                trace->dump(bench.time);
                trace->close();
                trace->open("questions.vcd");
                printf("opened again: open %d\n", trace->isOpen());
            }
        },
        [&](uint64_t time) { trace->dump(time); });
}

static void late(Bench &bench)
{
    auto trace = bench.tracer();
    bench.run(
        [&] {
            if (bench.cycle != cycles - 400)
                return;
            trace->open("late.vcd");
            trace->dump(bench.time - 1);
            trace->dump(bench.time - 1);
        },
        [&](uint64_t time) {
            if (trace->isOpen())
                trace->dump(time);
        });
}

// Switched on for some cycles in the middle; and again, with a new object each time, as a debugger's command
// does.
static void wish(Bench &bench)
{
    auto trace = bench.tracer();
    bench.run(
        [&] {
            if (bench.cycle == 1000)
                trace->open("wish.vcd");
            if (bench.cycle == 1500)
                trace->close();
        },
        [&](uint64_t time) {
            if (trace->isOpen())
                trace->dump(time);
        });
}

static void wishes(Bench &bench)
{
    std::unique_ptr<VerilatedVcdC> trace;
    bench.run(
        [&] {
            if (bench.cycle % 1000 == 300) {
                trace = bench.tracer();
                trace->open(("wish" + std::to_string(bench.cycle) + ".vcd").c_str());
            }
            if (bench.cycle % 1000 == 900)
                trace.reset();
        },
        [&](uint64_t time) {
            if (trace)
                trace->dump(time);
        });
}

// Beside one that is always open, of another model.
static void beside(Bench &bench)
{
    Bench other;
    other.context.traceEverOn(true);
    auto own = other.tracer(), wished = bench.tracer();
    own->open("own.vcd");
    bench.run(
        [&] {
            if (bench.cycle == 1000)
                wished->open("wished.vcd");
        },
        [&](uint64_t time) {
            other.top.clk = !other.top.clk;
            other.top.eval();
            own->dump(time);
            if (wished->isOpen())
                wished->dump(time);
        });
}

// Evaluated once before it traces, at time 0: so it always does.
static void begun(Bench &bench)
{
    bench.top.eval();
    auto trace = bench.tracer();
    trace->open("begun.vcd");
    bench.run([] {}, [&](uint64_t time) { trace->dump(time); });
}

// Open where it fails, and silent since long.
static void silent(Bench &bench)
{
    auto trace = bench.tracer();
    trace->open("silent.vcd");
    bench.run([] {},
              [&](uint64_t time) {
                  if (time < 100)
                      trace->dump(time);
              });
}

struct CountingFile : VerilatedVcdFile {
    size_t bytes = 0;
    int descriptor = -1;
    bool open(const std::string &name) override
    {
        descriptor = ::open(name.c_str(), O_WRONLY | O_CREAT | O_TRUNC, 0666);
        return descriptor >= 0;
    }
    void close() override
    {
        ::close(descriptor);
    }
    ssize_t write(const char *text, ssize_t size) override
    {
        bytes += static_cast<size_t>(size);
        return ::write(descriptor, text, static_cast<size_t>(size));
    }
};

static void custom(Bench &bench)
{
    CountingFile file;
    auto trace = bench.tracer(&file);
    trace->open("custom.vcd");
    bench.run([] {}, [&](uint64_t time) { trace->dump(time); });
    trace->close();
    printf("%zu bytes\n", file.bytes);
}

static void nowhere(Bench &bench)
{
    auto trace = bench.tracer();
    trace->open("no/such/directory/nowhere.vcd");
    printf("open %d\n", trace->isOpen());
    bench.run([] {}, [&](uint64_t time) { trace->dump(time); });
}

static void pipe_file(Bench &bench)
{
    auto trace = bench.tracer();
    trace->open("/dev/stdout");
    bench.run([] {}, [&](uint64_t time) { trace->dump(time); });
    trace->close();
}

// Goes elsewhere behind the open, which is not put right by then.
static void elsewhere(Bench &bench)
{
    auto trace = bench.tracer();
    trace->open("elsewhere.vcd");
    if (mkdir("other", 0777) != 0 || chdir("other") != 0)
        exit(4);
    bench.run([] {}, [&](uint64_t time) { trace->dump(time); });
}

// A child that goes on with the simulation and traces it, as snapshots of a testbench's own do.
static void child(Bench &bench)
{
    auto trace = bench.tracer();
    trace->open("parent.vcd");
    bench.run(
        [&] {
            if (bench.cycle != cycles / 2)
                return;
            const pid_t pid = fork();
            if (pid > 0) {
                waitpid(pid, nullptr, 0);
                return;
            }
            auto own = bench.tracer();
            own->open("child.vcd");
            for (int i = 0; i < 50; i++) {
                bench.top.clk = !bench.top.clk;
                bench.top.eval();
                own->dump(bench.time++);
            }
            own->close();
            _exit(0);
        },
        [&](uint64_t time) { trace->dump(time); });
}

// The model is deleted and its tracer forgotten, open. What was its memory is written over.
static void forgotten(Bench &bench)
{
    static VerilatedVcdC *tracer;
    {
        auto gone = std::make_unique<Bench>();
        gone->context.traceEverOn(true);
        tracer = gone->tracer().release();
        tracer->open("forgotten.vcd");
        gone->run([] {}, [](uint64_t time) { tracer->dump(time); });
    }
    for (size_t size = 16; size < 4096; size += 16)
        memset(malloc(size), 0xee, size);
    bench.run([] {}, [](uint64_t) {});
}

// Four threads open a waveform each at the same time.
static void threads(Bench &)
{
    std::vector<std::thread> all;
    std::atomic<unsigned> ready{0}, open{0};
    for (unsigned i = 0; i < 4; i++)
        all.emplace_back([&, i] {
            Bench own;
            own.context.traceEverOn(true);
            auto trace = own.tracer();
            const std::string name = "thread" + std::to_string(i) + ".vcd";
            for (ready++; ready < 4;)
                std::this_thread::yield();
            trace->open(name.c_str());
            open += trace->isOpen();
            own.run([] {}, [&](uint64_t time) { trace->dump(time); });
        });
    for (auto &thread : all)
        thread.join();
    printf("%u open\n", open.load());
}

// The design traces itself, if it was built so.
static void design(Bench &bench)
{
    bench.run([] {}, [](uint64_t) {});
}

int main(int argc, char **argv)
{
    static const std::map<std::string, void (*)(Bench &)> cases = {
        {"one", one},
        {"two", two},
        {"again", again},
        {"each", each},
        {"next", next},
        {"late", late},
        {"wish", wish},
        {"wishes", wishes},
        {"beside", beside},
        {"begun", begun},
        {"questions", questions},
        {"silent", silent},
        {"custom", custom},
        {"child", child},
        {"rollover", rollover},
        {"nowhere", nowhere},
        {"design", design},
        {"unasked", one},
        {"pipe", pipe_file},
        {"elsewhere", elsewhere},
        {"forgotten", forgotten},
        {"threads", threads},
    };
    const std::string name = argc > 1 ? argv[1] : "";
    if (!cases.count(name)) {
        fprintf(stderr, "usage: tracers CASE [CYCLES [STATUS]]\n");
        return 64;
    }
    if (argc > 2)
        cycles = static_cast<unsigned>(atoi(argv[2]));
    Bench bench;
    if (name != "unasked")
        bench.context.traceEverOn(true);
    cases.at(name)(bench);
    printf("count %u\n", bench.top.count);
    return argc > 3 ? atoi(argv[3]) : 1;
}
