// SPDX-License-Identifier: MIT
// A SystemC testbench, whose driver is a coroutine: +kind=exit|abort|segv|throw|stop +at=CYCLE +dump=FILE.
#include "Vleaf.h"
#include "verilated.h"
#include "verilated_vcd_sc.h"

#include <cstdlib>
#include <string>
#include <systemc.h>

SC_MODULE(Driver)
{
    sc_in<bool> clk;
    sc_out<uint32_t> a;
    std::string kind;
    long at = -1;
    VerilatedVcdSc *trace = nullptr;

    void run()
    {
        for (long cycle = 1;; cycle++) {
            wait();
            a.write(static_cast<uint32_t>(cycle * 7 % 256));
            if (cycle == at)
                fail();
        }
    }

    void fail()
    {
        if (trace)
            trace->flush();
        if (kind == "abort")
            std::abort();
        if (kind == "segv")
            *static_cast<volatile int *>(nullptr) = 1;
        if (kind == "throw")
            throw 3;
        if (kind == "exit")
            std::exit(3);
        sc_stop();
    }

    SC_CTOR(Driver)
    {
        SC_THREAD(run);
        sensitive << clk.pos();
    }
};

static std::string argument(const char *name)
{
    const std::string match = Verilated::commandArgsPlusMatch(name);
    return match.empty() ? match : match.substr(match.find('=') + 1);
}

int sc_main(int argc, char **argv)
{
    Verilated::commandArgs(argc, argv);
    Driver driver{"driver"};
    driver.kind = argument("kind=");
    if (!driver.kind.empty())
        driver.at = std::stol(argument("at="));
    const std::string file = argument("dump=");

    sc_clock clk{"clk", 10, SC_NS};
    sc_signal<uint32_t> a, sum;
    Vleaf top{"top"};
    top.clk(clk);
    top.a(a);
    top.sum(sum);
    driver.clk(clk);
    driver.a(a);
    VerilatedVcdSc trace;
    if (!file.empty()) {
        Verilated::traceEverOn(true);
        sc_start(SC_ZERO_TIME);
        top.trace(&trace, 99);
        trace.open(file.c_str());
        driver.trace = &trace;
    }
    sc_start(30, SC_US);
    trace.flush();
    return driver.kind.empty() ? 0 : 4;
}
