// SPDX-License-Identifier: MIT
// main() exits while another thread evaluates: that goes on behind the exit handlers, when there is nothing
// left of Verilator's own objects. That thread traces; main() evaluates nothing itself. A third thread has
// evaluated beside the other one.
#include <unistd.h>

#include <atomic>
#include <cstdlib>
#include <thread>

#include "Vnested.h"
#include "verilated_vcd_c.h"

static const int evals_before = 100, evals_behind = 3000;

static std::atomic<bool> first_comes, second_comes, first_done, exits, behind_done;
static thread_local bool is_first;

static void await(const std::atomic<bool> &flag)
{
    while (!flag)
        usleep(500);
}

// In the first eval of each.
extern "C" void bench_body()
{
    if (!is_first)
        return;
    first_comes = true;
    await(second_comes);
}

extern "C" void bench_step(unsigned)
{
}

static void evaluate(Vnested &top, int count)
{
    for (int i = 0; i < count; i++) {
        top.clk = !top.clk;
        top.eval();
    }
}

static void run_first()
{
    VerilatedContext context;
    Vnested top{&context, "first"};
    VerilatedVcdC trace;
    is_first = true;
    context.traceEverOn(true);
    top.trace(&trace, 99);
    trace.open("own.vcd");
    evaluate(top, evals_before);
    trace.dump(1);
    first_done = true;
    await(exits);
    evaluate(top, evals_behind);
    behind_done = true;
    pause();
}

static void run_second()
{
    VerilatedContext context;
    Vnested top{&context, "second"};
    await(first_comes);
    evaluate(top, 1);
    second_comes = true;
    pause();
}

__attribute__((destructor)) static void behind_handlers()
{
    exits = true;
    await(behind_done);
}

int main()
{
    std::thread{run_first}.detach();
    std::thread{run_second}.detach();
    await(first_done);
    exit(3);
}
