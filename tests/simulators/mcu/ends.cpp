// SPDX-License-Identifier: MIT
// Every way in which a simulator's process can end, as a table of small functions. They know nothing
// of Verilator: the same lines stand in anybody's testbench.
#include "ends.h"

#include <cassert>
#include <csignal>
#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <exception>
#include <pthread.h>
#include <sys/mman.h>
#include <sys/syscall.h>
#include <thread>
#include <unistd.h>

namespace ends
{

static volatile int zero = 0;
static int *volatile nowhere = nullptr;

static void say(const char *text)
{
    if (write(STDERR_FILENO, text, strlen(text)) < 0)
        _exit(4);
}

static void end_exit_thread()
{
    std::thread([] { exit(6); }).join();
}

static void end_assert()
{
    assert(zero != 0 && "mcu: told to fail");
}

static void end_segv()
{
    *nowhere = 1;
}

static void end_bus()
{
    FILE *file = tmpfile();
    if (!file || ftruncate(fileno(file), 4096) != 0)
        exit(4);
    void *page = mmap(nullptr, 4096, PROT_READ, MAP_SHARED, fileno(file), 0);
    if (page == MAP_FAILED || ftruncate(fileno(file), 0) != 0)
        exit(4);
    zero = *static_cast<volatile char *>(page);
}

static void end_fpe()
{
    zero = 1234 / zero; // not 1: that needs no division
}

static int recurse(volatile char *caller)
{
    volatile char frame[4096];
    frame[0] = caller[0];
    return recurse(frame) + frame[0];
}

static void end_overflow()
{
    volatile char bottom[1] = {1};
    zero = recurse(bottom);
}

static void end_handler()
{
    signal(SIGSEGV, [](int) {
        say("mcu: own handler saw SIGSEGV\n");
        _exit(3);
    });
    end_segv();
}

// As the out-of-memory killer does.
static void end_kill()
{
    kill(getpid(), SIGKILL);
}

static void end_handler_reraise()
{
    signal(SIGSEGV, [](int number) {
        say("mcu: own handler saw SIGSEGV and raises it again\n");
        signal(number, SIG_DFL);
        raise(number);
    });
    end_segv();
}

static void end_abrt_handler()
{
    signal(SIGABRT, [](int) { say("mcu: own handler saw SIGABRT\n"); });
    abort();
}

// --- one end on top of another ---

template <int Status> static void exit_with()
{
    exit(Status);
}

static void end_exit_handler()
{
    signal(SIGUSR2, [](int) { exit(8); });
    raise(SIGUSR2);
}

static void end_exit_atexit()
{
    atexit(exit_with<9>);
    exit(2);
}

static void end_quick_handler()
{
    at_quick_exit([] { _exit(10); });
    quick_exit(5);
}

// Of abort() itself, with its exception specification, C++14 makes no argument of a template.
static void end_abort()
{
    abort();
}

template <void (*End)()> struct Late {
    bool used = false;
    ~Late()
    {
        End();
    }
};

template <void (*End)()> static void end_static()
{
    static Late<End> late;
    late.used = true;
    exit(2);
}

template <void (*End)()> static void end_thread_local()
{
    static thread_local Late<End> late;
    late.used = true;
    exit(2);
}

// --- what the language and its libraries end a process for ---

static void throw_unseen()
{
    throw std::logic_error("mcu: nobody catches this");
}

static void end_noexcept()
{
    []() noexcept { throw_unseen(); }();
}

struct Base {
    Base()
    {
        indirectly();
    }
    virtual ~Base() = default;
    void indirectly()
    {
        act();
    }
    virtual void act() = 0;
};

struct Derived : Base {
    void act() override
    {
        zero = 1;
    }
};

static void end_pure_virtual()
{
    Derived derived;
}

static void end_double_free()
{
    void *volatile memory = malloc(100);
    free(memory);
    free(memory);
}

// What a function calls that finds its stack overwritten.
extern "C" [[noreturn]] void __stack_chk_fail();

// --- two threads at once ---

static void in_two_threads(void (*end)())
{
    static pthread_barrier_t barrier;
    pthread_barrier_init(&barrier, nullptr, 2);
    const auto both = [end] {
        pthread_barrier_wait(&barrier);
        end();
    };
    std::thread other(both);
    both();
    other.join();
}

// Both threads would flush stdout, now and then both the same text.
static void end_exit_twice()
{
    fflush(nullptr);
    in_two_threads(exit_with<13>);
}

struct Row {
    const char *kind;
    Where where;
    unsigned request;
    void (*end)();
};

static const Row rows[] = {
    {"none", Where::Nowhere, 0, nullptr},
    {"return", Where::Testbench, 0, nullptr},
    {"exit", Where::Testbench, 0, [] { exit(2); }},
    {"_exit", Where::Testbench, 0, [] { _exit(3); }},
    {"_Exit", Where::Testbench, 0, [] { _Exit(4); }},
    {"quick_exit", Where::Testbench, 0, [] { quick_exit(5); }},
    {"exit_group", Where::Testbench, 0, [] { syscall(SYS_exit_group, 7); }},
    {"exit_thread", Where::Testbench, 0, end_exit_thread},
    {"abort", Where::Testbench, 0, end_abort},
    {"assert", Where::Testbench, 0, end_assert},
    {"terminate", Where::Testbench, 0, [] { throw std::logic_error("mcu: nobody catches this"); }},
    {"segv", Where::Testbench, 0, end_segv},
    {"kill", Where::Testbench, 0, end_kill},
    {"bus", Where::Testbench, 0, end_bus},
    {"fpe", Where::Testbench, 0, end_fpe},
    {"ill", Where::Testbench, 0, [] { __builtin_trap(); }},
    {"overflow", Where::Testbench, 0, end_overflow},
    {"handler", Where::Testbench, 0, end_handler},
    {"handler_reraise", Where::Testbench, 0, end_handler_reraise},
    {"abrt_handler", Where::Testbench, 0, end_abrt_handler},
    {"exit_handler", Where::Testbench, 0, end_exit_handler},
    {"exit_atexit", Where::Testbench, 0, end_exit_atexit},
    {"exit_static", Where::Testbench, 0, end_static<exit_with<11>>},
    {"exit_thread_local", Where::Testbench, 0, end_thread_local<exit_with<12>>},
    {"exit_twice", Where::Testbench, 0, end_exit_twice},
    {"quick_handler", Where::Testbench, 0, end_quick_handler},
    {"abort_static", Where::Testbench, 0, end_static<end_abort>},
    {"abort_thread_local", Where::Testbench, 0,
     [] { std::thread([] { end_thread_local<end_abort>(); }).join(); }},
    {"abort_twice", Where::Testbench, 0, [] { in_two_threads(abort); }},
    {"segv_twice", Where::Testbench, 0, [] { in_two_threads(end_segv); }},
    {"terminate_call", Where::Testbench, 0, [] { std::terminate(); }},
    {"throw_thread", Where::Testbench, 0, [] { std::thread(throw_unseen).join(); }},
    {"noexcept", Where::Testbench, 0, end_noexcept},
    {"pure_virtual", Where::Testbench, 0, end_pure_virtual},
    {"smash", Where::Testbench, 0, [] { __stack_chk_fail(); }},
    {"double_free", Where::Testbench, 0, end_double_free},
    {"segv_eval", Where::Dpi, 0, end_segv},
    {"throw_eval", Where::Dpi, 0, [] { throw HostError("mcu: the host gave up"); }},
    {"throw_eval_uncaught", Where::Dpi, 0, [] { throw std::logic_error("mcu: nobody catches this"); }},
    {"finish", Where::Design, 1, nullptr},
    {"stop", Where::Design, 2, nullptr},
    {"fatal", Where::Design, 3, nullptr},
    {"error", Where::Design, 4, nullptr},
};

Plan parse(const std::string &text)
{
    const size_t at = text.find('@');
    const std::string kind = text.substr(0, at);
    for (const Row &row : rows) {
        if (kind != row.kind)
            continue;
        if (row.where == Where::Nowhere)
            return Plan{};
        if (at == std::string::npos)
            throw std::invalid_argument("no cycle in '" + text + "'");
        return Plan{kind, std::stoull(text.substr(at + 1)), row.where, row.request};
    }
    throw std::invalid_argument("unknown kind '" + kind + "'; known: " + kinds());
}

std::string kinds()
{
    std::string all;
    for (const Row &row : rows)
        all += (all.empty() ? "" : " ") + std::string(row.kind);
    return all;
}

void now(const Plan &plan)
{
    for (const Row &row : rows)
        if (plan.kind == row.kind && row.end)
            row.end();
}

} // namespace ends
