// SPDX-License-Identifier: MIT
// A testbench that wants to know of its own trace all that can be asked, again and again, and at last whether
// it can be packed, renamed and read: asks [--cycles N] [--fail KIND@CYCLE] [--remove] [--raise] [--trace
// FILE] [--killed SIGNAL]. With that somebody ends it while its trace has another name, or is removed.
// Something that is not as expected is printed and becomes the status 9. With --raise its time is raised
// before it dumps. Built with -DFST it traces an FST.
#include <algorithm>
#include <cstdio>
#include <cstring>
#include <fcntl.h>
#include <filesystem>
#include <fstream>
#include <string>
#include <sys/stat.h>
#include <unistd.h>

#include "Vcounter.h"
#include "campaign.h"
#include "verilated.h"
#ifdef FST
#include "verilated_fst_c.h"
using Tracer = VerilatedFstC;
#else
#include "verilated_vcd_c.h"
using Tracer = VerilatedVcdC;
#endif

static const char *trace_name;
static bool content;
static const char *killed_by;

static void expect(bool right, const char *what)
{
    if (!right)
        printf("ERROR: %s\n", what);
    content = content && right;
}

// The signal may come to another thread.
static void be_killed()
{
    if (killed_by == nullptr)
        return;
    expect(system((std::string("kill -") + killed_by + " $PPID").c_str()) == 0, "kill");
    pause();
}

static bool is_listed()
{
    const std::filesystem::path path = std::filesystem::absolute(trace_name);
    const auto all = std::filesystem::directory_iterator(path.parent_path());
    return std::any_of(begin(all), end(all), [&](const auto &entry) { return entry.path() == path; });
}

// What can be asked at any time. Returns its size.
static long ask()
{
    struct stat by_name, not_followed, at;
    struct statx extended;
    expect(stat(trace_name, &by_name) == 0 && S_ISREG(by_name.st_mode), "stat");
    expect(lstat(trace_name, &not_followed) == 0 && not_followed.st_size == by_name.st_size, "lstat");
    expect(fstatat(AT_FDCWD, trace_name, &at, 0) == 0 && at.st_ino == by_name.st_ino, "fstatat");
    expect(statx(AT_FDCWD, trace_name, 0, STATX_SIZE, &extended) == 0, "statx");
    expect(access(trace_name, R_OK | W_OK) == 0, "access");
    expect(faccessat(AT_FDCWD, trace_name, F_OK, 0) == 0, "faccessat");
    expect(std::filesystem::exists(trace_name), "exists");
    expect(std::filesystem::file_size(trace_name) == static_cast<uintmax_t>(by_name.st_size), "file_size");
    expect(std::ifstream(trace_name).is_open(), "ifstream");
    expect(is_listed(), "directory");
    return by_name.st_size;
}

// When it is closed.
static void use(bool remove_it)
{
    const std::string name = trace_name, other = name + ".other";
    char head[9] = "";
    if (FILE *file = fopen(trace_name, "rb")) {
        expect(fread(head, 1, 8, file) == 8, "read");
        fclose(file);
    }
#ifdef FST
    expect(head[0] == 0 && !std::filesystem::exists(name + ".hier"), "header");
#else
    expect(strcmp(head, "$version") == 0, "header");
#endif
    expect(ask() > 100, "size");
    expect(system(("gzip -c " + name + " >/dev/null").c_str()) == 0, "gzip");
    expect(rename(trace_name, other.c_str()) == 0, "rename");
    expect(access(trace_name, F_OK) != 0, "gone");
    if (!remove_it)
        be_killed();
    expect(rename(other.c_str(), trace_name) == 0, "rename back");
    if (remove_it) {
        expect(remove(trace_name) == 0, "remove");
        be_killed();
    }
}

static bool is_told(int argc, char **argv, const char *wanted)
{
    return std::any_of(argv, argv + argc, [wanted](const char *word) { return strcmp(word, wanted) == 0; });
}

int main(int argc, char **argv)
{
    const Campaign campaign(argc, argv, 3000);
    const bool remove_it = is_told(argc, argv, "--remove"), raise_first = is_told(argc, argv, "--raise");
    char **killed =
        std::find_if(argv, argv + argc, [](const char *word) { return strcmp(word, "--killed") == 0; });
    killed_by = argv + argc - killed > 1 ? killed[1] : nullptr;
    long size = 0;
    trace_name = campaign.trace;
    VerilatedContext context;
    context.traceEverOn(true);
    Vcounter top(&context);
    Tracer trace;
    content = true;
    if (trace_name != nullptr) {
        top.trace(&trace, 99);
        trace.open(trace_name);
    }
    if (trace_name != nullptr && !trace.isOpen()) {
        printf("ERROR: cannot open %s\n", trace_name);
        return 8;
    }
    for (long i = 0; i < 2 * campaign.cycles; i++) {
        top.clk = i & 1;
        top.eval();
        context.timeInc(raise_first ? 1 : 0);
        if (trace_name != nullptr)
            trace.dump(context.time());
        context.timeInc(raise_first ? 0 : 1);
        if (trace_name != nullptr && i % 501 == 0) {
            const long now = ask();
            expect(now >= size, "shrinks");
            size = now;
        }
    }
    if (trace_name != nullptr) {
        trace.close();
        use(remove_it);
    }
    printf("%u cycles, the trace is %s\n", top.n, content ? "there" : "not as it should be");
    return content ? campaign.end() : 9;
}
