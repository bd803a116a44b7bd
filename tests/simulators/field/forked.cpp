// SPDX-License-Identifier: MIT
// A testbench that simulates in forked children: forked PARENT_EVALS CHILD_EVALS WAY. The parent evaluates a
// model of its own first, if at all. WAY is how a child ends: exit, abort, kill (by its parent), good; idle:
// with status 1 and without an eval; parent: well, and the parent fails; again: its own child fails; pool:
// every second of eight fails.
#include <csignal>
#include <cstdint>
#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <optional>
#include <sys/wait.h>
#include <unistd.h>

#include "Valpha.h"
#include "trace.h"

static uint64_t child_evals;

static void simulate(uint64_t evals, uint64_t seed, bool traced)
{
    VerilatedContext context;
    Valpha top(&context);
    std::optional<FieldTrace> trace;
    if (traced)
        trace.emplace(&context, top);
    for (uint64_t n = 0; n < evals; n++) {
        top.clk = !top.clk;
        top.d = static_cast<IData>(n + seed);
        top.eval();
        if (trace)
            trace->dump(context.time());
        context.timeInc(1);
    }
    printf("%d evals, q=%u\n", static_cast<int>(evals), top.q);
    fflush(stdout);
}

static int wait_for(pid_t pid)
{
    int status = 0;
    waitpid(pid, &status, 0);
    return WIFEXITED(status) ? WEXITSTATUS(status) : 128 + WTERMSIG(status);
}

static pid_t start(const char *way, int number);

static int child(const char *way, int number)
{
    if (strcmp(way, "idle") == 0)
        return 1;
    if (strcmp(way, "again") == 0) {
        simulate(child_evals / 2, 9, false);
        return wait_for(start("exit", number)) == 3 ? 0 : 1;
    }
    simulate(child_evals, static_cast<uint64_t>(number), true);
    if (strcmp(way, "abort") == 0)
        abort();
    if (strcmp(way, "kill") == 0)
        pause();
    return strcmp(way, "exit") == 0 || (strcmp(way, "pool") == 0 && number % 2 != 0) ? 3 : 0;
}

static pid_t start(const char *way, int number)
{
    fflush(stdout);
    pid_t pid = fork();
    if (pid == 0)
        exit(child(way, number));
    return pid;
}

static int run_pool()
{
    pid_t pids[8];
    int failed = 0;
    for (int i = 0; i < 8; i++)
        pids[i] = start("pool", i);
    for (pid_t pid : pids)
        failed += wait_for(pid) == 3;
    printf("%d failed\n", failed);
    return 0;
}

// Its child's evals are done as soon as it has printed.
static int run_killed()
{
    int ends[2], out = dup(1);
    char byte;
    if (pipe(ends) != 0)
        return 2;
    dup2(ends[1], 1);
    pid_t pid = start("kill", 0);
    close(ends[1]);
    dup2(out, 1);
    while (read(ends[0], &byte, 1) == 1 && byte != '\n')
        continue;
    kill(pid, SIGKILL);
    printf("child: %d\n", wait_for(pid));
    return 0;
}

int main(int argc, char **argv)
{
    if (argc != 4)
        return 2;
    uint64_t evals = strtoull(argv[1], nullptr, 0);
    const char *way = argv[3];
    child_evals = strtoull(argv[2], nullptr, 0);
    if (evals > 0)
        simulate(evals, 5, false);
    if (strcmp(way, "pool") == 0)
        return run_pool();
    if (strcmp(way, "kill") == 0)
        return run_killed();
    printf("child: %d\n", wait_for(start(way, 0)));
    if (strcmp(way, "parent") != 0)
        return 0;
    simulate(evals, 7, false);
    return 4;
}
