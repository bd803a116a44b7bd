// SPDX-License-Identifier: MIT
// A testbench with threads on small stacks of their own, each with an alternate signal stack, as goroutines
// and other coroutines have: stacks [--cycles N] [--trace FILE] [--fail KIND@CYCLE]. Below each stack nothing
// may be touched. They work, and wait, for the testbench; at last they print how much they did.
#include <csignal>
#include <cstdint>
#include <cstdio>
#include <cstdlib>
#include <iterator>
#include <semaphore.h>
#include <sys/mman.h>
#include <thread>
#include <ucontext.h>

#include "Valpha.h"
#include "campaign.h"
#include "trace.h"

static const size_t page = 4096, signal_stack = 64 * 1024;
static const unsigned each = 16; // evals

struct Worker {
    sem_t go, gone;
    uint64_t sum;
    bool stops;
    ucontext_t thread, routine;
};

static Worker workers[3];
static thread_local Worker *mine;

// On the small stack.
static void work()
{
    Worker *self = mine;
    bool stops;
    do {
        while (sem_wait(&self->go) != 0)
            continue;
        for (unsigned i = 0; i < 1000; i++)
            self->sum = self->sum * 6364136223846793005u + 1442695040888963407u;
        stops = self->stops;
        sem_post(&self->gone);
    } while (!stops);
    setcontext(&self->thread);
}

static void run(Worker *self)
{
    char *memory =
        static_cast<char *>(mmap(nullptr, 2 * page, PROT_NONE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0));
    stack_t stack = {};
    stack.ss_size = signal_stack;
    stack.ss_sp = malloc(signal_stack);
    sigaltstack(&stack, nullptr);
    mprotect(memory + page, page, PROT_READ | PROT_WRITE);
    mine = self;
    getcontext(&self->routine);
    self->routine.uc_stack.ss_sp = memory + page;
    self->routine.uc_stack.ss_size = page;
    makecontext(&self->routine, work, 0);
    swapcontext(&self->thread, &self->routine);
}

static void turn(bool stops)
{
    for (Worker &worker : workers) {
        worker.stops = stops;
        sem_post(&worker.go);
    }
}

static void await_turn()
{
    for (Worker &worker : workers)
        while (sem_wait(&worker.gone) != 0)
            continue;
}

int main(int argc, char **argv)
{
    const Campaign campaign(argc, argv, 3000);
    FieldTrace::trace_to(campaign.trace);
    VerilatedContext context;
    Valpha top(&context);
    FieldTrace trace(&context, top);
    std::thread threads[std::size(workers)];
    for (size_t i = 0; i < std::size(workers); i++) {
        sem_init(&workers[i].go, 0, 0);
        sem_init(&workers[i].gone, 0, 0);
        threads[i] = std::thread(run, &workers[i]);
    }
    for (long i = 0; i < campaign.cycles; i++) {
        if (i % each == 0)
            turn(false);
        top.clk = !top.clk;
        top.d = static_cast<IData>(i);
        top.eval();
        trace.dump(context.time());
        context.timeInc(1);
        if (i % each == each - 1)
            await_turn();
    }
    if (campaign.cycles % each != 0)
        await_turn();
    turn(true);
    await_turn();
    for (size_t i = 0; i < std::size(workers); i++) {
        threads[i].join();
        printf("worker %zu: %lu\n", i, workers[i].sum);
    }
    trace.close();
    return campaign.end();
}
