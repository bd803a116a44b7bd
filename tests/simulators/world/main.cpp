// SPDX-License-Identifier: MIT
// Testbench whose stimulus comes from the world outside (source.cpp), and which writes and reads files
// (journal.cpp). It fails where it is told to (--fail KIND@CYCLE). It knows nothing of the library that is
// tested with it.
#include "Vworld.h"
#include "journal.h"
#include "source.h"

#include <csignal>
#include <cstdio>
#include <cstdlib>
#include <iostream>
#include <memory>
#include <stdexcept>
#include <string>
#include <verilated.h>
#include <verilated_vcd_c.h>

namespace
{

struct Options {
    uint64_t cycles = 3000;
    std::string source = "getrandom";
    std::string argument;
    std::string kind = "none";
    uint64_t fail_cycle = UINT64_MAX;
    std::string trace;
    bool journal = false;
};

Options parse(int argc, char **argv)
{
    Options options;
    for (int i = 1; i < argc; i++) {
        const std::string name = argv[i];
        if (name == "--journal") {
            options.journal = true;
            continue;
        }
        const std::string value =
            i + 1 < argc ? argv[++i] : throw std::invalid_argument(name + " needs a value");
        const size_t at = value.find(name == "--fail" ? '@' : ':');
        if (name == "--cycles") {
            options.cycles = std::stoull(value);
        } else if (name == "--source") {
            options.source = value.substr(0, at);
            options.argument = at == std::string::npos ? "" : value.substr(at + 1);
        } else if (name == "--fail") {
            options.kind = value.substr(0, at);
            options.fail_cycle = std::stoull(value.substr(at + 1));
        } else if (name == "--trace") {
            options.trace = value;
        } else {
            throw std::invalid_argument("unknown option " + name);
        }
    }
    return options;
}

// Returns where the program is to end with the status 1.
void end_as(const std::string &kind)
{
    if (kind == "exit")
        exit(3);
    if (kind == "abort")
        abort();
    if (kind == "segv")
        raise(SIGSEGV);
    if (kind == "throw")
        throw std::logic_error("end of the world");
}

class Simulation
{
  public:
    explicit Simulation(const Options &options)
        : options_(options), source_(open_source(options.source, options.argument))
    {
        if (options.journal)
            journal_ = std::make_unique<Journal>();
        if (options.trace.empty())
            return;
        context_.traceEverOn(true);
        top_.trace(&tracer_, 99);
        tracer_.open(options.trace.c_str());
    }

    int run()
    {
        for (uint64_t cycle = 0; cycle < options_.cycles; cycle++) {
            if (cycle == options_.fail_cycle) {
                tracer_.close();
                end_as(options_.kind);
                return 1;
            }
            step(cycle);
        }
        tracer_.close();
        top_.final();
        return 0;
    }

  private:
    void eval()
    {
        top_.eval();
        if (tracer_.isOpen())
            tracer_.dump(context_.time());
        context_.timeInc(1);
    }

    void step(uint64_t cycle)
    {
        top_.rst = cycle == 0;
        top_.stimulus = source_->next();
        if (journal_)
            top_.stimulus ^= journal_->note(cycle, top_.state);
        top_.clk = 0;
        eval();
        top_.clk = 1;
        eval();
        if (cycle % 50 == 7)
            std::cout << "cycle " << cycle << " stimulus " << top_.stimulus << std::endl;
        else if (cycle % 50 == 31)
            printf("cycle %llu state %08x\n", static_cast<unsigned long long>(cycle), top_.state);
    }

    const Options &options_;
    VerilatedContext context_;
    Vworld top_{&context_};
    VerilatedVcdC tracer_; // takes its unit of time from the model
    std::unique_ptr<Source> source_;
    std::unique_ptr<Journal> journal_;
};

} // namespace

int main(int argc, char **argv)
{
    if (argc == 3 && std::string(argv[1]) == "--helper")
        return be_helper(argv[2]);
    try {
        const Options options = parse(argc, argv);
        return Simulation(options).run();
    } catch (const std::runtime_error &error) {
        std::cerr << "world: " << error.what() << "\n";
    } catch (const std::invalid_argument &error) {
        std::cerr << "world: " << error.what() << "\n";
    }
    return 64;
}
