// SPDX-License-Identifier: MIT
// A testbench with files of its own: logs EVALS END [WORD...]. END: return, abort, kill. Words: own (it
// traces), large=MIB (a log of this size at the end). For LIGHTSSS_WAKE_CALL: ref_log(), which is called at
// the start where LOGS_REF is set, and hang(), which stops at the end.
#include <csignal>
#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <fcntl.h>
#include <fstream>
#include <string>
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>

#include "Vcounter.h"
#include "verilated.h"
#ifdef FST
#include "verilated_fst_c.h"
using Tracer = VerilatedFstC;
#define OWN "own.fst"
#else
#include "verilated_vcd_c.h"
using Tracer = VerilatedVcdC;
#define OWN "own.vcd"
#endif

static FILE *reference;

extern "C" __attribute__((used, noinline)) void ref_log(int on)
{
    if (on && reference == nullptr)
        reference = fopen("ref.log", "w");
}

static bool hangs;

extern "C" __attribute__((used, noinline)) void hang(void)
{
    hangs = true;
}

namespace
{
constexpr off_t PAGE = 4096;

// Written in its midst, as a database is.
class Database
{
    int fd;

  public:
    explicit Database(const char *name) : fd(open(name, O_RDWR | O_CREAT | O_CLOEXEC, 0644))
    {
        if (ftruncate(fd, 16 * PAGE) != 0)
            abort();
    }
    void put(long at, long value)
    {
        long old = 0;
        const off_t place = at % 16 * PAGE + at % 500 * static_cast<off_t>(sizeof old);
        if (pread(fd, &old, sizeof old, place) != sizeof old)
            abort();
        old = old * 31 + value;
        if (pwrite(fd, &old, sizeof old, place) != sizeof old)
            abort();
    }
};

// Written as memory.
class Counts
{
    unsigned *memory;

  public:
    explicit Counts(const char *name)
    {
        const int fd = open(name, O_RDWR | O_CREAT | O_CLOEXEC, 0644);
        if (ftruncate(fd, PAGE) != 0)
            abort();
        memory = static_cast<unsigned *>(mmap(nullptr, PAGE, PROT_READ | PROT_WRITE, MAP_SHARED, fd, 0));
        if (memory == MAP_FAILED)
            abort();
        close(fd);
    }
    void count(unsigned value)
    {
        memory[value % 1024]++;
    }
};

const char *word(int argc, char **argv, const char *name)
{
    for (int i = 3; i < argc; i++)
        if (strncmp(argv[i], name, strlen(name)) == 0)
            return argv[i] + strlen(name);
    return nullptr;
}

// The ways in which testbenches come by their files.
void halfway(FILE *&log, long i)
{
    mkdir("out", 0755);
    std::ofstream("out/run.log") << "another log of this name, at " << i << std::endl;
    std::ofstream("passing") << i << std::endl;
    unlink("passing");
    std::ofstream("state.new") << "state at " << i << std::endl;
    rename("state.new", "state");
    fclose(log);
    rename("run.log", "run.log.1");
    log = fopen("run.log", "w");
}

void write_large(long mib)
{
    std::ofstream large("large.log");
    const std::string line(1000, 'l');
    for (long i = 0; i < mib * 1024; i++)
        large << line << " line " << i << '\n';
}
} // namespace

int main(int argc, char **argv)
{
    if (argc < 3)
        return 2;
    const long evals = atol(argv[1]);
    const char *whole = getenv("FIELD_TRACE"), *large = word(argc, argv, "large=");
    FILE *log = fopen("run.log", "a");
    Database database("state.db");
    Counts counts("counts");
    Verilated::traceEverOn(true);
    Vcounter top;
    Tracer trace;
    if (whole != nullptr || word(argc, argv, "own") != nullptr) {
        top.trace(&trace, 99);
        trace.open(whole != nullptr ? whole : OWN);
    }
    if (getenv("LOGS_REF") != nullptr)
        ref_log(1);
    for (long i = 0; i < evals; i++) {
        top.clk = i & 1;
        top.eval();
        if (trace.isOpen())
            trace.dump(Verilated::time());
        Verilated::timeInc(1);
        if (i % 64 == 0)
            fprintf(log, "eval %ld count %u\n", i, top.n);
        if (reference != nullptr && i % 8 == 0)
            fprintf(reference, "reference %ld is %u\n", i, top.n);
        if (i % 100 == 0)
            database.put(i / 100, top.n);
        counts.count(top.n);
        if (i == evals / 2)
            halfway(log, i);
    }
    if (large != nullptr)
        write_large(atol(large));
    if (hangs)
        sleep(1000);
    if (strcmp(argv[2], "abort") == 0)
        abort();
    if (strcmp(argv[2], "kill") == 0)
        raise(SIGKILL);
    trace.close();
    return 1;
}
