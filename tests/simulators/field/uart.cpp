// SPDX-License-Identifier: MIT
// A testbench with a UART, whose lines go where it is told: uart EVALS HOW [AT...]. At these evals a line
// says that a test has failed; it is begun at the eval before. HOW: stdout, file (a C++ stream), stdio, bytes
// (a write for each), pty (the master, and uart0 is a link to its slave). It ends with status 0 in any case.
#include <cstdint>
#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <fcntl.h>
#include <fstream>
#include <pty.h>
#include <string>
#include <thread>
#include <unistd.h>

#include "Valpha.h"
#include "trace.h"

static std::string how;
static std::ofstream stream;
static FILE *file;
static int fd = STDOUT_FILENO;

static void open_terminal()
{
    char name[100];
    int slave;
    usleep(20000); // files have coarse times: the link is to be seen to be younger than the snapshot
    if (openpty(&fd, &slave, name, nullptr, nullptr) != 0 || symlink(name, "uart0") != 0)
        exit(4);
    // Who reads it, so that it does not become full.
    std::thread([slave] {
        char bytes[4096];
        while (read(slave, bytes, sizeof bytes) > 0)
            continue;
    }).detach();
}

static void open_log()
{
    if (how == "file")
        stream.open("uart0.log");
    else if (how == "stdio")
        file = fopen("uart0.log", "w");
    else if (how == "bytes")
        fd = open("uart0.log", O_WRONLY | O_CREAT, 0600);
    else if (how == "pty")
        open_terminal();
}

static void put(const std::string &text)
{
    if (stream.is_open())
        stream << text << std::flush;
    else if (file != nullptr)
        fprintf(file, "%s", text.c_str()), fflush(file);
    else
        for (size_t size = how == "bytes" ? 1 : text.size(), i = 0; i < text.size(); i += size)
            if (write(fd, text.data() + i, size) < 0)
                exit(4);
}

int main(int argc, char **argv)
{
    uint64_t evals = strtoull(argv[1], nullptr, 0);
    int at = 3;
    VerilatedContext context;
    Valpha top(&context);
    FieldTrace trace(&context, top);
    how = argv[2];
    if (how != "pty")
        open_log();
    for (uint64_t n = 1; n <= evals; n++) {
        uint64_t next = at < argc ? strtoull(argv[at], nullptr, 0) : 0;
        top.clk = !top.clk;
        top.d = static_cast<IData>(n);
        top.eval();
        if (n == 1 && how == "pty")
            open_log(); // as a UART's model does it
        trace.dump(context.time());
        context.timeInc(1);
        if (n + 1 == next) {
            put("TEST ");
        } else if (n == next) {
            put("FAILED at " + std::to_string(n) + "\n");
            at++;
        } else if (n % 50 == 0) {
            put("eval " + std::to_string(n) + "\n");
        }
    }
    printf("%lu evals, q=%u\n", evals, top.q);
    return 0;
}
