// SPDX-License-Identifier: MIT
// Testbench of the mcu, written as testbenches are: it drives the clock, prints now and then, can
// trace itself from time 0, and fails where it is told to (--fail KIND@CYCLE). It knows nothing of
// the library that is tested with it.
#include "Vmcu__Dpi.h"
#include "context.h"
#include "ends.h"

#include <cstdio>
#include <cstdlib>
#include <fstream>
#include <iostream>
#include <memory>
#include <string>
#include <unistd.h>
#if VM_TRACE_SAIF // that is no waveform
#undef VM_TRACE
#define VM_TRACE 0
#endif
#if VM_TRACE_FST
#include <verilated_fst_c.h>
using Tracer = VerilatedFstC;
#elif VM_TRACE
#include <verilated_vcd_c.h>
using Tracer = VerilatedVcdC;
#endif

enum class Clock { Context, Stamp, None };

struct Options {
    uint64_t cycles = 10000;
    uint64_t seed = 1;
    uint64_t report = 1000;
    ends::Plan plan;
    std::string trace;
    std::string log;
    std::string words; // how to print TEST FAILED
#ifdef VERILATOR_VERSION_INTEGER
    Clock clock = Clock::Context;
#else
    Clock clock = Clock::Stamp;
#endif
    int exit_status = 0;
    bool shared_time = false; // the two evals of a cycle have one time; the second is traced
    bool quiet = false;
};

static Options options;
static uint64_t cycle;      // of the testbench, from 0
static uint64_t local_time; // half cycles; --time none keeps it to itself
#if VM_TRACE
static Tracer *tracer; // owned by main; NULL: not traced
#endif

#ifdef MCU_STAMP
static uint64_t stamp;

// The old way to tell Verilator the time: a function of the testbench.
double sc_time_stamp()
{
    return static_cast<double>(stamp);
}
#endif

static void close_trace()
{
#if VM_TRACE
    if (tracer)
        tracer->close();
#endif
}

// Called by the design in every cycle.
extern "C" unsigned int host_sample(unsigned int design_cycle, unsigned int value)
{
    if (options.plan.where == ends::Where::Dpi && cycle == options.plan.cycle) {
        close_trace();
        ends::now(options.plan);
    }
    uint64_t mixed = (design_cycle + options.seed) * 0x9e3779b97f4a7c15ull + value;
    mixed ^= mixed >> 29;
    return static_cast<unsigned int>(mixed * 0xbf58476d1ce4e5b9ull >> 32);
}

// As a reference model has them: nobody here calls these.
extern "C" void mcu_report_every(unsigned long long cycles)
{
    options.report = cycles;
}

extern "C" void mcu_throw(const char *why)
{
    throw ends::HostError(why);
}

[[noreturn]] static void usage(const std::string &why)
{
    std::cerr << "mcu: " << why << "\n"
              << "usage: mcu [--cycles N] [--seed N] [--fail KIND@CYCLE] [--trace FILE] [--log FILE]\n"
              << "           [--time context|stamp|none] [--report N] [--exit-status N] [--quiet]\n"
              << "           [--shared-time] [--words HOW] [+dump=FILE]\n"
              << "kinds: " << ends::kinds() << "\n";
    exit(64);
}

static Clock parse_clock(const std::string &name)
{
#ifdef VERILATOR_VERSION_INTEGER
    if (name == "context")
        return Clock::Context;
#endif
#ifdef MCU_STAMP
    if (name == "stamp")
        return Clock::Stamp;
#else
    // With a sc_time_stamp() in the program Verilator would believe it, so that is another build.
    if (name == "none")
        return Clock::None;
#endif
    usage("this build has no --time " + name);
}

// Before anything is printed.
static void begin_words(const std::string &how)
{
    options.words = how;
    if (how.find("unsynced") != std::string::npos)
        std::ios::sync_with_stdio(false);
    if (how == "freopen" && !freopen("words.log", "w", stdout))
        exit(4);
    if (how == "full" || how == "none")
        setvbuf(stdout, nullptr, how == "full" ? _IOFBF : _IONBF, 7);
}

static void print_words()
{
    const std::string &how = options.words;
    const std::string words = "TEST FAILED";
    std::ostream &stream = how.find("cerr") == 0 ? std::cerr : how.find("clog") == 0 ? std::clog : std::cout;
    if (how.find("parts") == 0)
        for (const char letter : words)
            stream << letter << std::flush;
    else if (how.find("c") == 0)
        stream << words;
    else
        VL_PRINTF("%s", words.c_str());
    stream << " terminals " << isatty(0) << isatty(1) << isatty(2)
           << (how.find("last") == std::string::npos ? "\n" : "");
}

static void parse_option(const std::string &name, const std::string &value)
{
    if (name == "--cycles")
        options.cycles = std::stoull(value);
    else if (name == "--seed")
        options.seed = std::stoull(value);
    else if (name == "--report")
        options.report = std::stoull(value);
    else if (name == "--fail")
        options.plan = ends::parse(value);
    else if (name == "--trace")
        options.trace = value;
    else if (name == "--log")
        options.log = value;
    else if (name == "--words")
        begin_words(value);
    else if (name == "--time")
        options.clock = parse_clock(value);
    else if (name == "--exit-status")
        options.exit_status = std::stoi(value);
    else
        usage("unknown option " + name);
}

static void parse_arguments(int argc, char **argv)
{
    for (int i = 1; i < argc; i++) {
        const std::string name = argv[i];
        if (name[0] == '+') // for the design
            continue;
        if (name == "--quiet") {
            options.quiet = true;
            continue;
        }
        if (name == "--shared-time") {
            options.shared_time = true;
            continue;
        }
        if (i + 1 == argc)
            usage(name + " needs a value");
        try {
            parse_option(name, argv[++i]);
        } catch (const std::exception &error) {
            usage(name + ": " + error.what());
        }
    }
}

#if VM_TRACE
static std::unique_ptr<Tracer> open_trace(VerilatedContext &context, Vmcu &top)
{
    if (options.trace.empty())
        return nullptr;
    auto opened = std::make_unique<Tracer>();
    context.traceEverOn(true);
    top.trace(opened.get(), 99);
    opened->open(options.trace.c_str());
    return opened;
}
#endif

static void eval_and_advance(VerilatedContext &context, Vmcu &top)
{
    top.eval();
    if (options.shared_time && !top.clk)
        return;
#if VM_TRACE
    if (tracer)
        tracer->dump(local_time);
#endif
    local_time++;
#ifdef VERILATOR_VERSION_INTEGER
    if (options.clock == Clock::Context)
        context.timeInc(1);
#endif
#ifdef MCU_STAMP
    if (options.clock == Clock::Stamp)
        stamp++;
#endif
}

// Both ways of buffering that a testbench can use on stdout, a file of its own, and stderr.
static void report(const Vmcu &top, std::ofstream &log)
{
    if (options.quiet || options.report == 0 || cycle % options.report != 0)
        return;
    if (cycle / options.report % 2 == 0)
        printf("cycle %llu checksum %08x\n", static_cast<unsigned long long>(cycle), top.checksum);
    else
        std::cout << "cycle " << cycle << " retired " << top.retired << '\n';
    if (cycle / options.report % 4 == 3)
        std::cerr << "mcu: still running at cycle " << cycle << "\n";
    if (log.is_open())
        log << cycle << ' ' << top.checksum << '\n';
}

// A time of 0 that stays would look like one that is kept somewhere else.
static void begin_shared_time(VerilatedContext &context)
{
    local_time = 1;
#ifdef VERILATOR_VERSION_INTEGER
    context.timeInc(1);
#endif
#ifdef MCU_STAMP
    stamp = 1;
#endif
}

// Returns the exit status of the program.
static int simulate(VerilatedContext &context, Vmcu &top)
{
    std::ofstream log;
    if (!options.log.empty())
        log.open(options.log);
    for (cycle = 0; cycle < options.cycles && !context.gotFinish(); cycle++) {
        const bool ends_here = cycle == options.plan.cycle;
        if (ends_here && options.plan.where == ends::Where::Testbench) {
            close_trace();
            ends::now(options.plan);
            return 1; // only "return" comes back
        }
        report(top, log);
        if (cycle == options.cycles / 2 && !options.words.empty())
            print_words();
        top.clk = 0;
        // New releases leave out a time without a change, and while in reset only the clock changes.
        top.rst = cycle < (options.shared_time ? 1 : 5);
        top.seed = options.seed * 0x2545f4914f6cdd1dull;
        top.end_request = ends_here ? options.plan.request : 0;
        eval_and_advance(context, top);
        top.clk = 1;
        eval_and_advance(context, top);
    }
    top.final();
    return options.exit_status;
}

int main(int argc, char **argv)
{
    parse_arguments(argc, argv);
    const auto context = std::make_unique<VerilatedContext>();
#ifdef MCU_THREADS
    context->threads(MCU_THREADS);
#endif
    context->commandArgs(argc, argv);
#ifdef MCU_DUMPVARS
    context->traceEverOn(true); // Verilator's condition for $dumpvars
#endif
    const auto top = make_model(*context);
#if VM_TRACE
    const auto opened = open_trace(*context, *top);
    tracer = opened.get();
#else
    if (!options.trace.empty())
        usage("this build cannot trace");
#endif

    if (options.shared_time)
        begin_shared_time(*context);
    int status = 1;
    try {
        status = simulate(*context, *top);
    } catch (const ends::HostError &error) {
        std::cerr << error.what() << "\n";
    }
    close_trace();
    std::cout << "mcu: " << cycle << " cycles, checksum " << std::hex << top->checksum << std::dec << "\n";
    return status;
}
