// SPDX-License-Identifier: MIT
// A testbench with handlers of its own: signals HOW. SIGINT, with siginfo, and SIGTERM end it at its next
// step, with status 1; as a window's main loop does with status 0 (clean). SIGUSR1 is counted (stop, and
// print, which prints a lot), or leaves a stretch of spinning between two steps by a jump (jump). Others: a
// timer counts to fifty, at work (timer) or asleep between two steps (pause); the oracle makes as many steps
// as its second argument says (steps).
#include <cerrno>
#include <csetjmp>
#include <csignal>
#include <cstdint>
#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <sys/time.h>
#include <unistd.h>

#include "Valpha.h"
#include "trace.h"
#include "verilated.h"

static volatile sig_atomic_t stopped, code, counted, spins, cut;
static sigjmp_buf way_out;
static const uint64_t TRACED = 25000; // steps of the oracle, the last ones

static void stop(int signal)
{
    stopped = signal;
}

static void stop_and_tell(int signal, siginfo_t *info, void *)
{
    code = info->si_code;
    stopped = info->si_pid == getppid() ? signal : -1;
}

static void count(int)
{
    counted = counted + 1;
    if (spins != 0)
        siglongjmp(way_out, 1);
}

// How far it came is left out of what is printed: see the test.
static void spin()
{
    if (sigsetjmp(way_out, 1) == 0)
        for (spins = 1; spins < 100000; spins = spins + 1)
            continue;
    else
        cut = cut + 1;
    spins = 0;
}

static void install()
{
    struct sigaction action = {};
    action.sa_sigaction = stop_and_tell;
    action.sa_flags = SA_SIGINFO | SA_RESTART;
    sigaction(SIGINT, &action, nullptr);
    signal(SIGTERM, stop);
    signal(SIGUSR1, count);
    signal(SIGALRM, count);
}

int main(int argc, char **argv)
{
    const uint64_t steps = argc > 2 ? strtoull(argv[2], nullptr, 10) : UINT64_MAX;
    const bool jump = strcmp(argv[1], "jump") == 0;
    const bool clean = strcmp(argv[1], "clean") == 0, print = strcmp(argv[1], "print") == 0;
    const bool pauses = strcmp(argv[1], "pause") == 0, timer = pauses || strcmp(argv[1], "timer") == 0;
    uint64_t n = 0;
    sigset_t all, before;

    // Verilator's own thread is given none of the signals, as is good practice.
    sigfillset(&all);
    sigprocmask(SIG_BLOCK, &all, &before);
    VerilatedContext context;
    Valpha top(&context);
    FieldTrace trace(&context, top);
    context.threadPoolp();
    sigprocmask(SIG_SETMASK, &before, nullptr);
    install();
    if (timer) {
        const struct itimerval each = {{0, 2000}, {0, 2000}};
        setitimer(ITIMER_REAL, &each, nullptr);
    }
    while (stopped == 0 && n < steps && (!timer || counted < 50)) {
        top.clk = !top.clk;
        top.d = static_cast<IData>(n);
        top.eval();
        if (n + TRACED > steps)
            trace.dump(context.time());
        context.timeInc(1);
        n = n + 1;
        if (n == 1000) {
            puts("ready");
            fflush(stdout);
        }
        if (print && n % 1000 == 0) {
            printf("%lu: %u\n", n, top.q);
            fflush(stdout);
        }
        if (jump && n % 1000 == 0)
            spin();
        if (pauses && n % 100 == 0)
            printf("%d %s\n", pause(), strerror(errno));
    }
    printf("%d with %d, %d counted, %d cut, step %lu, q=%u\n", stopped, code, counted, cut, n, top.q);
    return clean ? 0 : 1;
}
