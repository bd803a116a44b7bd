/* SPDX-License-Identifier: MIT */
/* Steps of the fake simulator: every way in which a process ends itself, and what it prints before. */
#define _GNU_SOURCE
#include "fake_steps.h"

#include <assert.h>
#include <dlfcn.h>
#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/syscall.h>
#include <time.h>
#include <unistd.h>

static volatile int zero;
static int *volatile nowhere;
static const char *at_exit_steps[8];
static int at_exit_count;
static const char *fini_steps = "";

static void do_exit(const char *argument)
{
    exit((int)fake_number(argument));
}

static void do__exit(const char *argument)
{
    _exit((int)fake_number(argument));
}

static void do__Exit(const char *argument)
{
    _Exit((int)fake_number(argument));
}

static void do_quick_exit(const char *argument)
{
    quick_exit((int)fake_number(argument));
}

static void do_exit_group(const char *argument)
{
    syscall(SYS_exit_group, fake_number(argument));
}

static void do_abort(const char *argument)
{
    (void)argument;
    abort();
}

static void do_assert(const char *argument)
{
    (void)argument;
    assert(zero != 0 && "told to fail");
}

/* libstdc++'s own way to throw a std::runtime_error, which nobody catches. */
static void do_throw(const char *argument)
{
    void *library = dlopen("libstdc++.so.6", RTLD_NOW);
    void (*throw)(const char *) =
        library == NULL ? NULL : (void (*)(const char *))dlsym(library, "_ZSt21__throw_runtime_errorPKc");

    if (throw == NULL)
        fake_give_up("fake: no libstdc++");
    throw(argument);
}

/* glibc finds out and aborts from inside itself. */
static void do_double_free(const char *argument)
{
    void *volatile memory = malloc(100);

    (void)argument;
    free(memory);
    /* cppcheck-suppress doubleFree ; that is the point */
    free(memory); /* NOLINT(clang-analyzer-unix.Malloc) */
}

static void do_raise(const char *argument)
{
    raise(fake_signal(argument));
}

static void do_kill(const char *argument)
{
    kill((pid_t)syscall(SYS_getpid), fake_signal(argument));
}

static void do_segv(const char *argument)
{
    (void)argument;
    *nowhere = 1;
}

static void do_bus(const char *argument)
{
    int fd = memfd_create("fake", MFD_CLOEXEC);

    (void)argument;
    if (fd < 0 || ftruncate(fd, 4096) != 0)
        fake_give_up("fake: no memory file");
    volatile unsigned char *page = mmap(NULL, 4096, PROT_READ, MAP_SHARED, fd, 0);
    if (page == MAP_FAILED || ftruncate(fd, 0) != 0)
        fake_give_up("fake: no mapping");
    zero = *page;
}

static void do_fpe(const char *argument)
{
    (void)argument;
    zero = 1234 / zero;
}

static void do_ill(const char *argument)
{
    (void)argument;
    __builtin_trap();
}

/* By a pointer, and with work left afterwards, so that no compiler makes a loop of it. */
static int recurse(volatile char *caller);
static int (*volatile again)(volatile char *caller) = recurse;

static int recurse(volatile char *caller)
{
    volatile char frame[512];

    frame[0] = (char)(*caller + 1);
    return again(frame) + frame[0];
}

static void do_overflow(const char *argument)
{
    volatile char start = 0;

    (void)argument;
    zero = recurse(&start);
}

static void do_file_size(const char *argument)
{
    const struct rlimit limit = {8192, RLIM_INFINITY};
    static char bytes[16384];

    int fd = open(argument, O_WRONLY | O_CREAT | O_CLOEXEC, 0600);
    setrlimit(RLIMIT_FSIZE, &limit);
    if (write(fd, bytes, sizeof bytes) == 8192 && write(fd, bytes, 1) < 0)
        fake_say("%s", strerrorname_np(errno));
    close(fd);
}

static void do_cpu_time(const char *argument)
{
    const struct rlimit limit = {1, RLIM_INFINITY};

    (void)argument;
    setrlimit(RLIMIT_CPU, &limit);
    for (;;)
        zero = 0;
}

/* SOFT:HARD, in seconds. */
static void do_cpu_limit(const char *argument)
{
    const struct rlimit limit = {(rlim_t)fake_number(argument),
                                 (rlim_t)fake_number(strchr(argument, ':') + 1)};

    if (setrlimit(RLIMIT_CPU, &limit) != 0)
        fake_give_up("fake: no limit of time");
}

/* So many milliseconds of the processor's time, more than it has used by now. */
static void do_burn(const char *argument)
{
    struct timespec start, now;
    const long wanted_ms = fake_number(argument);

    syscall(SYS_clock_gettime, CLOCK_PROCESS_CPUTIME_ID, &start);
    do
        syscall(SYS_clock_gettime, CLOCK_PROCESS_CPUTIME_ID, &now);
    while ((now.tv_sec - start.tv_sec) * 1000 + (now.tv_nsec - start.tv_nsec) / 1000000 < wanted_ms);
}

static void do_core_limit(const char *argument)
{
    const struct rlimit limit = {(rlim_t)fake_number(argument), RLIM_INFINITY};

    setrlimit(RLIMIT_CORE, &limit);
}

/* OPTION:VALUE, as numbers; and what is set then, of the three that programs set. */
static void do_prctl(const char *argument)
{
    int deathsig = -1, reaper = -1;

    if (prctl((int)fake_number(argument), fake_number(strchr(argument, ':') + 1), 0, 0, 0) != 0)
        fake_say("prctl: %s", strerrorname_np(errno));
    prctl(PR_GET_PDEATHSIG, &deathsig);
    prctl(PR_GET_CHILD_SUBREAPER, &reaper);
    fake_say("deathsig %d, reaper %d, dumpable %d", deathsig, reaper, prctl(PR_GET_DUMPABLE));
}

/* A stray write has met it. */
static void do_no_environment(const char *argument)
{
    (void)argument;
    environ = (char **)8;
}

static void run_at_exit(void)
{
    fake_run(at_exit_steps[--at_exit_count]);
}

static void do_atexit(const char *argument)
{
    at_exit_steps[at_exit_count++] = argument;
    atexit(run_at_exit);
}

static void do_at_quick_exit(const char *argument)
{
    at_exit_steps[at_exit_count++] = argument;
    if (at_quick_exit(run_at_exit) != 0)
        fake_give_up("fake: no room for a handler");
}

static void do_fini(const char *argument)
{
    fini_steps = argument;
}

__attribute__((destructor)) static void fini(void)
{
    fake_run(fini_steps);
}

/* Before main, as statics of C++ are made. */
__attribute__((constructor)) static void before_main(void)
{
    const char *steps = getenv("FAKE_BEFORE_MAIN");

    if (steps != NULL)
        fake_run(steps);
}

/* --- output --- */

static void do_print(const char *argument)
{
    fputs(argument, stdout);
}

/* The same words by many ways of libc. */
__attribute__((format(printf, 1, 2))) static void print_va(const char *format, ...)
{
    va_list arguments;

    va_start(arguments, format);
    vprintf(format, arguments);
    va_end(arguments);
}

static void do_print_by(const char *argument)
{
    const char *words = strchr(argument, ':') + 1;
    const char way = *argument;

    if (way == 'p')
        puts(words);
    else if (way == 'c')
        for (const char *letter = words; *letter != '\0'; letter++)
            putchar(*letter);
    else if (way == 'u')
        fwrite_unlocked(words, 1, strlen(words), stdout);
    else if (way == 'v')
        print_va("%s\n", words);
    else if (way == 'd')
        dprintf(1, "%s\n", words);
    else if (way == 'e')
        perror(words);
    else if (way == 'w')
        for (const char *letter = words; *letter != '\0'; letter++)
            fputs((const char[]){*letter, '\0'}, stderr);
}

static void do_print_many(const char *argument)
{
    for (long i = fake_number(argument); i > 0; i--)
        printf("line %ld\n", i);
}

static void do_error(const char *argument)
{
    fprintf(stderr, "%s\n", argument);
}

/* Each a write() of its own. */
static void do_error_many(const char *argument)
{
    for (long i = fake_number(argument); i > 0; i--)
        fprintf(stderr, "line %ld\n", i);
}

/* stderr buffered like stdout, both into the same place. */
static void do_merge(const char *argument)
{
    static char buffer[BUFSIZ];

    (void)argument;
    setvbuf(stderr, buffer, _IOFBF, sizeof buffer);
    dup2(1, 2);
}

/* What is printed to stderr goes to a pipe for a while. */
static int captured = -1, first_error = -1;

static void do_capture(const char *argument)
{
    int ends[2];

    (void)argument;
    first_error = dup(2);
    if (first_error < 0 || pipe2(ends, O_CLOEXEC) != 0)
        fake_give_up("fake: no pipe");
    dup2(ends[1], 2);
    close(ends[1]);
    captured = ends[0];
}

/* Up to its end, which comes when nobody has the other end any more. */
static void do_captured(const char *argument)
{
    char bytes[256];
    ssize_t size;

    (void)argument;
    dup2(first_error, 2);
    while ((size = read(captured, bytes, sizeof bytes)) > 0)
        fake_say("captured %.*s", (int)size, bytes);
}

static void do_say(const char *argument)
{
    fake_say("%s", argument);
}

static void do_flush(const char *argument)
{
    (void)argument;
    fflush(NULL);
}

static void do_close(const char *argument)
{
    close((int)fake_number(argument));
}

static void do_fclose_stdout(const char *argument)
{
    (void)argument;
    fclose(stdout);
}

/* Another thread inside a stream has it locked. */
static void do_lock_stdout(const char *argument)
{
    (void)argument;
    flockfile(stdout);
}

static void do_save(const char *argument)
{
    FILE *file = fopen(argument, "a");

    if (file == NULL) {
        fake_give_up("fake: %s cannot be opened", argument);
        return;
    }
    fprintf(file, "saved\n");
    fclose(file);
}

/* The lowest free descriptor, and how many are open: neither must change. */
static void do_descriptors(const char *argument)
{
    int open_count = 0, lowest = dup(0);

    (void)argument;
    close(lowest);
    for (int fd = 0; fd < 256; fd++)
        open_count += fcntl(fd, F_GETFD) >= 0;
    fake_say("%d descriptors, the next is %d", open_count, lowest);
}

const struct fake_step fake_ends[] = {
    {"exit", do_exit},
    {"_exit", do__exit},
    {"_Exit", do__Exit},
    {"quick_exit", do_quick_exit},
    {"exit_group", do_exit_group},
    {"abort", do_abort},
    {"assert", do_assert},
    {"throw", do_throw},
    {"double_free", do_double_free},
    {"raise", do_raise},
    {"kill", do_kill},
    {"segv", do_segv},
    {"bus", do_bus},
    {"fpe", do_fpe},
    {"ill", do_ill},
    {"overflow", do_overflow},
    {"file_size", do_file_size},
    {"cpu_time", do_cpu_time},
    {"cpu_limit", do_cpu_limit},
    {"burn", do_burn},
    {"core_limit", do_core_limit},
    {"prctl", do_prctl},
    {"no_environment", do_no_environment},
    {"atexit", do_atexit},
    {"at_quick_exit", do_at_quick_exit},
    {"fini", do_fini},
    {"print", do_print},
    {"print_by", do_print_by},
    {"print_many", do_print_many},
    {"error", do_error},
    {"error_many", do_error_many},
    {"merge", do_merge},
    {"capture", do_capture},
    {"captured", do_captured},
    {"say", do_say},
    {"flush", do_flush},
    {"close", do_close},
    {"fclose_stdout", do_fclose_stdout},
    {"lock_stdout", do_lock_stdout},
    {"save", do_save},
    {"descriptors", do_descriptors},
    {NULL, NULL},
};
