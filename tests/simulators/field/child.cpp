// SPDX-License-Identifier: MIT
// A testbench that starts a program after its first eval and asks it something in every cycle, through two
// pipes, as one does that has a solver: child EVALS STATUS [SILENT], where the program does not answer
// question SILENT any more.
#include <cstdint>
#include <cstdio>
#include <cstdlib>
#include <unistd.h>

#include "Valpha.h"
#include "trace.h"

static FILE *questions, *answers;

// It is forked from this process, but has no model.
static void answer(unsigned long silent)
{
    char line[64];
    for (unsigned long n = 1; fgets(line, sizeof line, stdin) != nullptr; n++) {
        if (n == silent)
            pause();
        printf("%lu\n", strtoul(line, nullptr, 10) * 2654435761UL % 4294967291UL);
        fflush(stdout);
    }
    _exit(0);
}

static void start(unsigned long silent)
{
    int to[2], from[2];
    if (pipe(to) != 0 || pipe(from) != 0)
        abort();
    if (fork() == 0) {
        dup2(to[0], STDIN_FILENO);
        dup2(from[1], STDOUT_FILENO);
        for (int fd : {to[0], to[1], from[0], from[1]})
            close(fd);
        answer(silent);
    }
    close(to[0]);
    close(from[1]);
    questions = fdopen(to[1], "w");
    answers = fdopen(from[0], "r");
}

static IData ask(IData question)
{
    char line[64];
    fprintf(questions, "%u\n", question);
    fflush(questions);
    if (fgets(line, sizeof line, answers) == nullptr)
        abort();
    return static_cast<IData>(strtoul(line, nullptr, 10));
}

int main(int argc, char **argv)
{
    uint64_t evals = argc > 1 ? strtoull(argv[1], nullptr, 0) : 1000;
    VerilatedContext context;
    Valpha top(&context);
    FieldTrace trace(&context, top);
    for (uint64_t n = 0; n < evals; n++) {
        if (n == 1)
            start(argc > 3 ? strtoul(argv[3], nullptr, 0) : 0);
        top.clk = !top.clk;
        top.d = n == 0 ? 0 : ask(top.q);
        top.eval();
        trace.dump(context.time());
        context.timeInc(1);
    }
    printf("%lu evals, q=%u\n", evals, top.q);
    return argc > 2 ? atoi(argv[2]) : 3;
}
