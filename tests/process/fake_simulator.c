/* SPDX-License-Identifier: MIT */
/* A plain C program that looks like a Verilated simulator from outside: it has the functions that the library
 * knows by their mangled names, an eval that counts, a context that keeps the time (five units per eval),
 * and no tracer: run it with LIGHTSSS_WAVE=off. What it does is told by its arguments: see fake_steps.h. */
#define _GNU_SOURCE
#include "fake_steps.h"

#include "base/raw_syscall.h"

#include <fcntl.h>
#include <limits.h>
#include <stdarg.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/syscall.h>
#include <time.h>
#include <unistd.h>

#define TIME_OFFSET   48 /* in the VerilatedContext of 5.006 */
#define UNUSED_OFFSET 41
#define TIME_PER_EVAL 5

struct context {
    _Alignas(8) uint8_t bytes[256];
};

struct model {
    const void *vtable;
    struct context *context;
    volatile uint64_t sum;
    const char *inside; /* steps to do in the middle of the next eval */
};

static struct context context;
static struct model model = {.context = &context};
static long pace_us; /* pause after each eval */
static long started_pid;
static int main_status;
int fake_is_child;

/* --- what makes it look like a simulator --- */

const char *product_version(void) __asm__("_ZN9Verilated14productVersionEv");
const char *product_version(void)
{
    return "5.006 2023-01-22 rev (Debian 5.006-3)";
}

void calc_unused_sigs(struct context *self, int flag) __asm__("_ZN16VerilatedContext14calcUnusedSigsEb");
void calc_unused_sigs(struct context *self, int flag)
{
    self->bytes[UNUSED_OFFSET] = flag != 0;
}

__attribute__((noinline)) void context_destructor(struct context *self) __asm__("_ZN16VerilatedContextD1Ev");
__attribute__((noinline)) void context_destructor(struct context *self)
{
    memset(self->bytes, 0, sizeof self->bytes);
}

void syms_constructor(void *self, void *of_model) __asm__("_ZN10Vfoo__SymsC1EP16VerilatedContextPKcP4Vfoo");
void syms_constructor(void *self, void *of_model)
{
    *(void **)self = of_model;
}

/* Exported: what a stripped C++ program shows of itself in .dynsym. */
const char *cxx_sign(void) __asm__("_ZNSfake");
const char *cxx_sign(void)
{
    return "+verilator+debug";
}

/* Exported as well: a testbench's own function by a name of libc's, which the library must not call. */
_Noreturn void own_basename(void) __asm__("basename");
_Noreturn void own_basename(void)
{
    abort();
}

__attribute__((noinline)) void eval_step(struct model *self) __asm__("_ZN4Vfoo9eval_stepEv");
__attribute__((noinline)) void eval_step(struct model *self)
{
    const char *inside = self->inside;

    self->inside = NULL;
    self->sum += self->sum << 3;
    if (inside != NULL)
        fake_run(inside);
    self->sum ^= 0x55;
}

static void eval(const char *inside)
{
    uint64_t time;

    memcpy(&time, context.bytes + TIME_OFFSET, sizeof time);
    time += TIME_PER_EVAL;
    memcpy(context.bytes + TIME_OFFSET, &time, sizeof time);
    model.inside = inside;
    eval_step(&model);
    if (pace_us != 0)
        usleep((useconds_t)pace_us);
}

/* --- steps --- */

void fake_say(const char *format, ...)
{
    char line[512];
    va_list arguments;

    int length = snprintf(line, sizeof line, "%s", fake_is_child ? FAKE_CHILD : "");
    va_start(arguments, format);
    length += vsnprintf(line + length, sizeof line - 1 - (size_t)length, format, arguments);
    va_end(arguments);
    if (length < 0 || (size_t)length >= sizeof line - 1)
        length = sizeof line - 2;
    line[length] = '\n';
    if (write(1, line, (size_t)length + 1) < 0)
        dprintf(2, "fake: stdout cannot be written\n");
}

void fake_give_up(const char *format, ...)
{
    va_list arguments;

    va_start(arguments, format);
    vdprintf(2, format, arguments);
    va_end(arguments);
    dprintf(2, "\n");
    _exit(99);
}

long fake_number(const char *text)
{
    char *end;
    long number = strtol(text, &end, 0);

    if (end == text || (*end != '\0' && *end != ':'))
        fake_give_up("fake: \"%s\" is no number", text);
    return number;
}

static void do_eval(const char *argument)
{
    long count = strcmp(argument, "forever") == 0 ? LONG_MAX : fake_number(argument);

    while (count-- > 0)
        eval(NULL);
}

static void do_in(const char *argument)
{
    eval(argument);
}

static void do_pace(const char *argument)
{
    pace_us = fake_number(argument);
}

static void do_time(const char *argument)
{
    (void)argument;
    context_destructor(&context);
}

/* Only in a copy of the process that was started: a replay, or a child. */
static void do_if_copy(const char *argument)
{
    if (raw_syscall0(SYS_getpid) != started_pid)
        fake_run(argument);
}

static void do_if_original(const char *argument)
{
    if (raw_syscall0(SYS_getpid) == started_pid)
        fake_run(argument);
}

/* A file in the run directory: the one place where the test sees what a replay makes. */
static int open_sign(const char *name, int length, int flags)
{
    char path[128];

    snprintf(path, sizeof path, "lightsss/fake_simulator.%ld/%.*s", started_pid, length, name);
    return open(path, O_WRONLY | O_CREAT | O_CLOEXEC | flags, 0600);
}

static void do_sign(const char *argument)
{
    close(open_sign(argument, (int)strlen(argument), 0));
}

/* NAME:STEPS, for the first replay that comes by only. */
static void do_once(const char *argument)
{
    size_t length = strcspn(argument, ":");
    int fd = open_sign(argument, (int)length, O_EXCL);

    if (fd < 0)
        return;
    close(fd);
    fake_run(argument + length + (argument[length] == ':'));
}

static void do_sleep(const char *argument)
{
    usleep((useconds_t)fake_number(argument) * 1000);
}

/* Works, but does not evaluate. */
static void do_spin(const char *argument)
{
    struct timespec start, now;
    const long wanted_ms = fake_number(argument);

    clock_gettime(CLOCK_MONOTONIC, &start);
    do
        clock_gettime(CLOCK_MONOTONIC, &now);
    while ((now.tv_sec - start.tv_sec) * 1000 + (now.tv_nsec - start.tv_nsec) / 1000000 < wanted_ms);
}

static void do_touch(const char *argument)
{
    close(open(argument, O_WRONLY | O_CREAT | O_CLOEXEC, 0600));
}

static void do_await(const char *argument)
{
    for (int tries = 0; access(argument, F_OK) != 0; tries++) {
        if (tries == 10000)
            fake_give_up("fake: %s does not come", argument);
        usleep(1000);
    }
}

static void do_return(const char *argument)
{
    main_status = (int)fake_number(argument);
}

static const struct fake_step basic_steps[] = {
    {"eval", do_eval},       {"in", do_in},
    {"pace", do_pace},       {"delete_context", do_time},
    {"if_copy", do_if_copy}, {"if_original", do_if_original},
    {"once", do_once},       {"sleep", do_sleep},
    {"spin", do_spin},       {"touch", do_touch},
    {"await", do_await},     {"return", do_return},
    {"sign", do_sign},       {NULL, NULL},
};

static const struct fake_step *find_step(const char *name, size_t length)
{
    static const struct fake_step *const tables[] = {
        basic_steps, fake_calls, fake_odd,     fake_ends,   fake_signals, fake_children, fake_threads,
        fake_wake,   fake_files, fake_objects, fake_input,  fake_cost,    fake_world,    fake_names,
        fake_moves,  fake_reach, fake_memory,  fake_traces, fake_misuse,  fake_uart,     NULL};

    for (const struct fake_step *const *table = tables; *table != NULL; table++)
        for (const struct fake_step *step = *table; step->name != NULL; step++)
            if (strlen(step->name) == length && memcmp(step->name, name, length) == 0)
                return step;
    fake_give_up("fake: there is no step %.*s", (int)length, name);
}

/* Steps whose argument is steps take all that follows, every + included. */
static int takes_steps(const struct fake_step *step)
{
    static const char names[] = " in if_copy if_original once fork atexit fini at_quick_exit thread work "
                                "tell flagged together action try main_leaves blocked_thread small_thread ";
    char name[32];

    snprintf(name, sizeof name, " %s ", step->name);
    return strstr(names, name) != NULL;
}

void fake_run(const char *steps)
{
    char argument[256];

    while (*steps != '\0') {
        size_t length = strcspn(steps, ":+");
        const struct fake_step *step = find_step(steps, length);
        const char *rest = steps + length + (steps[length] == ':');
        if (takes_steps(step)) {
            step->run(rest);
            return;
        }
        length = strcspn(rest, "+");
        snprintf(argument, sizeof argument, "%.*s", (int)length, rest);
        step->run(argument);
        steps = rest + length + (rest[length] == '+');
    }
}

int main(int argc, char **argv)
{
    void *syms;

    started_pid = raw_syscall0(SYS_getpid);
    syms_constructor(&syms, &model);
    for (int i = 1; i < argc; i++)
        fake_run(argv[i]);
    return product_version() != NULL && cxx_sign() != NULL ? main_status : 98;
}
