// SPDX-License-Identifier: MIT
// A testbench with more than one model, object or thread:
//   main --shape objects|models|generations|worker|parallel --cycles N [--fail KIND@CYCLE] [--trace FILE]
// KIND: exit, abort, segv, throw. Without --fail it ends with status 0.
#include "Vping.h"
#include "Vpong.h"
#include "verilated.h"
#include "verilated_vcd_c.h"

#include <cstdio>
#include <cstdlib>
#include <memory>
#include <stdexcept>
#include <string>
#include <thread>

namespace
{

struct Arguments {
    std::string shape = "models";
    long cycles = 1000;
    std::string kind;
    long failAt = -1;
    std::string trace;
};

template <class Trace> void fail(const std::string &kind, Trace &trace)
{
    trace.file.flush();
    if (kind == "exit")
        std::exit(3);
    if (kind == "abort")
        std::abort();
    if (kind == "throw")
        throw std::runtime_error("told to");
    *static_cast<volatile int *>(nullptr) = 1;
}

struct Trace {
    VerilatedVcdC file;
    bool on;
    Trace(const Arguments &arguments, VerilatedContext &context) : on{!arguments.trace.empty()}
    {
        if (on)
            context.traceEverOn(true);
    }
    template <class Model> void add(Model &model)
    {
        if (on)
            model.trace(&file, 99);
    }
    void open(const std::string &name)
    {
        if (on)
            file.open(name.c_str());
    }
    void dump(VerilatedContext &context)
    {
        if (on)
            file.dump(context.time());
    }
    ~Trace()
    {
        if (on)
            file.close();
    }
};

void step(VerilatedContext &context, Vping &ping)
{
    ping.clk = !ping.clk;
    ping.eval();
}

// Two objects of one class in one context.
void objects(const Arguments &arguments)
{
    VerilatedContext context;
    Vping a{&context, "a"}, b{&context, "b"};
    Trace trace{arguments, context};
    trace.add(a);
    trace.add(b);
    trace.open(arguments.trace);
    for (long cycle = 1; cycle <= arguments.cycles; cycle++) {
        context.timeInc(5);
        a.from_pong = b.to_pong ^ 1;
        step(context, a);
        b.from_pong = a.to_pong;
        step(context, b);
        trace.dump(context);
        if (cycle == arguments.failAt)
            fail(arguments.kind, trace);
    }
    std::printf("%u %u\n", a.to_pong, b.to_pong);
}

// Two classes.
void models(const Arguments &arguments)
{
    VerilatedContext context;
    Vping ping{&context};
    Vpong pong{&context, "SECOND"};
    Trace trace{arguments, context};
    trace.add(ping);
    trace.add(pong);
    trace.open(arguments.trace);
    for (long cycle = 1; cycle <= arguments.cycles; cycle++) {
        context.timeInc(5);
        ping.from_pong = pong.to_ping;
        step(context, ping);
        pong.from_ping = ping.to_pong;
        pong.clk = ping.clk;
        pong.eval();
        trace.dump(context);
        if (cycle == arguments.failAt)
            fail(arguments.kind, trace);
    }
    std::printf("%u %u\n", ping.to_pong, pong.to_ping);
}

// A model and a context are made anew every now and then.
void generations(const Arguments &arguments)
{
    long cycle = 0;
    for (unsigned generation = 0; cycle < arguments.cycles; generation++) {
        auto context = std::make_unique<VerilatedContext>();
        auto ping = std::make_unique<Vping>(context.get());
        Trace trace{arguments, *context};
        trace.add(*ping);
        trace.open(arguments.trace);
        long end = cycle + 30 + generation * 7 % 50;
        for (; cycle < end && cycle < arguments.cycles;) {
            cycle++;
            context->timeInc(5);
            ping->from_pong = static_cast<unsigned short>(generation);
            step(*context, *ping);
            trace.dump(*context);
            if (cycle == arguments.failAt)
                fail(arguments.kind, trace);
        }
        std::printf("generation %u: %u\n", generation, ping->to_pong);
        ping->final();
    }
}

void one(const Arguments &arguments, const char *name)
{
    VerilatedContext context;
    Vping ping{&context, name};
    Trace trace{arguments, context};
    trace.add(ping);
    trace.open(arguments.trace);
    for (long cycle = 1; cycle <= arguments.cycles; cycle++) {
        context.timeInc(5);
        step(context, ping);
        trace.dump(context);
        if (cycle == arguments.failAt)
            fail(arguments.kind, trace);
    }
}

// The model lives on a thread that is not main's.
void worker(const Arguments &arguments)
{
    std::thread thread{[&] { one(arguments, "TOP"); }};
    thread.join();
}

// Two threads with a model each; the second one never fails.
void parallel(const Arguments &arguments)
{
    Arguments other = arguments;
    other.failAt = -1;
    other.trace.clear();
    other.cycles *= 2;
    std::thread thread{[&] { one(other, "OTHER"); }};
    one(arguments, "TOP");
    thread.join();
}

} // namespace

int main(int argc, char **argv)
{
    static const struct {
        const char *name;
        void (*run)(const Arguments &);
    } shapes[] = {{"objects", objects},
                  {"models", models},
                  {"generations", generations},
                  {"worker", worker},
                  {"parallel", parallel}};
    Arguments arguments;
    for (int i = 1; i + 1 < argc; i += 2) {
        const std::string option = argv[i], value = argv[i + 1];
        if (option == "--shape")
            arguments.shape = value;
        if (option == "--cycles")
            arguments.cycles = std::stol(value);
        if (option == "--trace")
            arguments.trace = value;
        if (option == "--fail") {
            arguments.kind = value.substr(0, value.find('@'));
            arguments.failAt = std::stol(value.substr(value.find('@') + 1));
        }
    }
    for (const auto &shape : shapes)
        if (arguments.shape == shape.name) {
            shape.run(arguments);
            return 0;
        }
    std::fprintf(stderr, "no such shape: %s\n", arguments.shape.c_str());
    return 2;
}
