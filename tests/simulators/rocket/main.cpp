// SPDX-License-Identifier: MIT
// Testbench of the Rocket core: runs a program image until it writes its status to the board, or for a
// number of cycles. It can be told to fail in several ways at a given cycle, and to write a waveform
// of the whole run, with which tests compare. It knows nothing of liblightsss.
#include "VExampleRocketSystem.h"
#include "axi_slave.h"
#include "board.h"

#if VM_TRACE_FST
#include <verilated_fst_c.h>
using tracer = VerilatedFstC;
#else
#include <verilated_vcd_c.h>
using tracer = VerilatedVcdC;
#endif

#include <getopt.h>

#include <csignal>
#include <cstdio>
#include <cstdlib>
#include <memory>
#include <string>

namespace
{

constexpr uint64_t RESET_CYCLES = 20;

enum class failure { NONE, RETURN, EXIT, ABORT, SEGV, FATAL };

struct options {
    uint64_t cycles = UINT64_MAX;
    failure fail = failure::NONE;
    uint64_t fail_cycle = UINT64_MAX;
    std::string image;
    std::string trace;
};

const struct {
    const char *name;
    failure kind;
} FAILURES[] = {
    {"return", failure::RETURN}, {"exit", failure::EXIT},   {"abort", failure::ABORT},
    {"segv", failure::SEGV},     {"fatal", failure::FATAL},
};

[[noreturn]] void usage()
{
    std::fputs("usage: emu [--cycles N] [--image FILE] [--trace FILE] [--fail KIND@CYCLE]\n"
               "KIND: return (status 1 from main), exit (status 3), abort, segv,\n"
               "      fatal ($fatal in the design itself)\n",
               stderr);
    std::exit(2);
}

uint64_t number(const std::string &text)
{
    char *end = nullptr;
    uint64_t value = std::strtoull(text.c_str(), &end, 10);
    if (text.empty() || *end != '\0')
        usage();
    return value;
}

void parse_failure(const std::string &text, options &result)
{
    size_t at = text.find('@');
    if (at == std::string::npos)
        usage();
    for (const auto &row : FAILURES) {
        if (text.compare(0, at, row.name) == 0)
            result.fail = row.kind;
    }
    if (result.fail == failure::NONE)
        usage();
    result.fail_cycle = number(text.substr(at + 1));
}

options parse(int argc, char **argv)
{
    static const option LONG[] = {{"cycles", required_argument, nullptr, 'c'},
                                  {"fail", required_argument, nullptr, 'f'},
                                  {"image", required_argument, nullptr, 'i'},
                                  {"trace", required_argument, nullptr, 't'},
                                  {nullptr, 0, nullptr, 0}};
    options result;
    std::string self = argv[0];
    result.image = self.substr(0, self.rfind('/') + 1) + "program.bin";
    int letter;
    while ((letter = getopt_long(argc, argv, "", LONG, nullptr)) != -1) {
        switch (letter) {
        case 'c':
            result.cycles = number(optarg);
            break;
        case 'f':
            parse_failure(optarg, result);
            break;
        case 'i':
            result.image = optarg;
            break;
        case 't':
            result.trace = optarg;
            break;
        default:
            usage();
        }
    }
    if (optind != argc)
        usage();
    return result;
}

class simulation
{
  public:
    explicit simulation(const options &chosen);
    bool load()
    {
        return memory.load(wanted.image);
    }
    int run();

  private:
    void tie_off();
    void settle(bool clock);
    void cycle();
    bool fail();
    int finish(int status, const char *why);

    options wanted;
    VerilatedContext context;
    std::unique_ptr<VExampleRocketSystem> top;
    std::unique_ptr<tracer> trace;
    ram memory;
    board peripherals;
    std::unique_ptr<axi_slave> memory_port, board_port;
    uint64_t cycles = 0;
};

simulation::simulation(const options &chosen) : wanted(chosen)
{
    // Rocket has a $fatal of its own that fires when its cycle counter, which counts from the cycle after
    // the reset, reaches +max_core_cycles; 0 is never.
    uint64_t limit = 0;
    if (wanted.fail == failure::FATAL)
        limit = wanted.fail_cycle > RESET_CYCLES + 1 ? wanted.fail_cycle - RESET_CYCLES - 1 : 1;
    std::string argument = "+max_core_cycles=" + std::to_string(limit);
    const char *arguments[] = {"emu", argument.c_str()};
    context.commandArgs(2, arguments);
    context.traceEverOn(!wanted.trace.empty());
    top = std::make_unique<VExampleRocketSystem>(&context);
    memory_port = std::make_unique<axi_slave>(axi_pins AXI_PINS(*top, mem_axi4_0), memory, 2463534242u);
    board_port = std::make_unique<axi_slave>(axi_pins AXI_PINS(*top, mmio_axi4_0), peripherals, 88675123u);
    if (!wanted.trace.empty()) {
        trace = std::make_unique<tracer>();
        top->trace(trace.get(), 99);
        trace->open(wanted.trace.c_str());
    }
    tie_off();
}

// Neither a DMA master nor a debugger nor an interrupt is connected. Inputs that are not named here are 0.
void simulation::tie_off()
{
    top->l2_frontend_bus_axi4_0_b_ready = 1;
    top->l2_frontend_bus_axi4_0_r_ready = 1;
    top->debug_clockeddmi_dmi_resp_ready = 1;
}

void simulation::settle(bool clock)
{
    top->clock = clock;
    top->debug_clock = clock;
    top->debug_clockeddmi_dmiClock = clock;
    context.timeInc(1);
    top->eval();
    if (trace)
        trace->dump(context.time());
}

void simulation::cycle()
{
    bool reset = cycles < RESET_CYCLES;
    if (!reset) {
        memory_port->sample();
        board_port->sample();
    }
    settle(true);
    top->reset = reset;
    top->debug_reset = reset;
    top->debug_clockeddmi_dmiReset = reset;
    top->resetctrl_hartIsInReset_0 = reset;
    top->debug_dmactiveAck = top->debug_dmactive;
    memory_port->drive();
    board_port->drive();
    settle(false);
    cycles++;
}

// True where main is to return. A crash would lose what the tracer has buffered: close it first.
bool simulation::fail()
{
    if (trace)
        trace->close();
    switch (wanted.fail) {
    case failure::EXIT:
        std::exit(3);
    case failure::ABORT:
        std::abort();
    case failure::SEGV:
        *static_cast<volatile int *>(nullptr) = 0;
        break;
    default:
        break;
    }
    return true;
}

int simulation::finish(int status, const char *why)
{
    if (trace)
        trace->close();
    top->final();
    std::printf("%s after %llu cycles\n", why, static_cast<unsigned long long>(cycles));
    return status;
}

int simulation::run()
{
    while (cycles < wanted.cycles) {
        cycle();
        if (peripherals.ended())
            return finish(peripherals.status(), "program ended");
        if (context.gotFinish())
            return finish(0, "finished");
        if (cycles == wanted.fail_cycle && wanted.fail != failure::FATAL && fail())
            return finish(1, "failed");
    }
    return finish(0, "stopped");
}

} // namespace

int main(int argc, char **argv)
{
    options chosen = parse(argc, argv);
    auto rocket = std::make_unique<simulation>(chosen);
    if (!rocket->load()) {
        std::fprintf(stderr, "emu: no program in %s\n", chosen.image.c_str());
        return 2;
    }
    return rocket->run();
}
