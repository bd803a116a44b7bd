/* SPDX-License-Identifier: MIT */
/* Step of the fake simulator for scripts/bench: what does a call cost whose answer is recorded, and one that
 * is only looked at? Says NAME and nanoseconds. */
#define _GNU_SOURCE
#include "fake_steps.h"

#include <fcntl.h>
#include <poll.h>
#include <pthread.h>
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <sys/syscall.h>
#include <time.h>
#include <unistd.h>

#define CALLS      1000000
#define PRINT_MUCH 65536

static int fds[2], file, pipe_end, saved_output;

static void poll_socket(void)
{
    struct pollfd one = {.fd = fds[0], .events = POLLIN};

    poll(&one, 1, 0);
}

static void recv_nothing(void)
{
    char byte;

    recv(fds[0], &byte, 1, MSG_DONTWAIT);
}

static void read_file(void)
{
    char byte;

    if (pread(file, &byte, 1, 0) != 1)
        fake_give_up("fake: no file");
}

/* Two recorded calls. */
static void pass_bytes(void)
{
    char bytes[16] = "0123456789abcde";

    if (write(fds[1], bytes, sizeof bytes) < 0 || read(fds[0], bytes, sizeof bytes) < 0)
        fake_give_up("fake: no pipe");
}

static void print(const char *bytes, size_t size)
{
    static char back[PRINT_MUCH];

    if (write(STDOUT_FILENO, bytes, size) != (ssize_t)size || syscall(SYS_read, pipe_end, back, size) < 0)
        fake_give_up("fake: nothing is printed");
}

static void print_little(void)
{
    print("123456789\n", 10);
}

static void print_much(void)
{
    static char bytes[PRINT_MUCH];

    print(bytes, sizeof bytes);
}

static void ask_clock(void)
{
    struct timespec now;

    clock_gettime(CLOCK_MONOTONIC, &now);
}

static void *do_nothing(void *argument)
{
    return argument;
}

static void make_thread(void)
{
    pthread_t thread;

    if (pthread_create(&thread, NULL, do_nothing, NULL) != 0 || pthread_join(thread, NULL) != 0)
        fake_give_up("fake: no thread");
}

/* stdout is a pipe for so long. */
static void begin_print(void)
{
    int ends[2];

    saved_output = fcntl(STDOUT_FILENO, F_DUPFD_CLOEXEC, 100);
    if (pipe(ends) != 0 || fcntl(ends[1], F_SETPIPE_SZ, 2 * PRINT_MUCH) < 0 ||
        dup2(ends[1], STDOUT_FILENO) < 0)
        fake_give_up("fake: no pipe");
    pipe_end = ends[0];
}

static void end_print(void)
{
    dup2(saved_output, STDOUT_FILENO);
}

static double now_ns(clockid_t clock)
{
    struct timespec now;

    clock_gettime(clock, &now);
    return (double)now.tv_sec * 1e9 + (double)now.tv_nsec;
}

static void do_cost(const char *argument)
{
    static const struct {
        const char *name;
        void (*call)(void);
        long count;
    } calls[] = {{"poll", poll_socket, CALLS},   {"recv", recv_nothing, CALLS},
                 {"file", read_file, CALLS},     {"bytes", pass_bytes, CALLS},
                 {"print", print_little, CALLS}, {"print_much", print_much, CALLS / 20},
                 {"clock", ask_clock, CALLS},    {"churn", make_thread, CALLS / 50}};

    if (file == 0 && (socketpair(AF_UNIX, SOCK_STREAM, 0, fds) != 0 ||
                      (file = open("/proc/self/exe", O_RDONLY | O_CLOEXEC)) < 0))
        fake_give_up("fake: nothing to read");
    for (size_t i = 0; i < sizeof calls / sizeof *calls; i++) {
        if (strcmp(calls[i].name, argument) != 0)
            continue;
        bool prints = strncmp(argument, "print", 5) == 0;
        if (prints)
            begin_print();
        /* Of this thread only: another's turn is no cost of ours, unless it is what we make. */
        clockid_t clock = calls[i].call == make_thread ? CLOCK_PROCESS_CPUTIME_ID : CLOCK_THREAD_CPUTIME_ID;
        double start = now_ns(clock);
        for (long n = 0; n < calls[i].count; n++)
            calls[i].call();
        double passed_ns = now_ns(clock) - start;
        if (prints)
            end_print();
        fake_say("%s %.1f", argument, passed_ns / (double)calls[i].count);
    }
}

static int compare(const void *one, const void *other)
{
    long left = *(const long *)one, right = *(const long *)other;

    return left < right ? -1 : left > right;
}

static long faults_of_thread(void)
{
    struct rusage usage;

    getrusage(RUSAGE_THREAD, &usage);
    return usage.ru_minflt;
}

/* So many evals, with a snapshot before each. Says how many pages this thread had to have copied for one:
 * the median. */
static void do_faults(const char *argument)
{
    static long faults[100];
    long count = fake_number(argument);

    for (long i = 0; i < count; i++) {
        long before = faults_of_thread();
        fake_run("eval:1");
        faults[i] = faults_of_thread() - before;
    }
    qsort(faults, (size_t)count, sizeof *faults, compare);
    fake_say("%ld faults", faults[count / 2]);
}

const struct fake_step fake_cost[] = {
    {"faults", do_faults},
    {"cost", do_cost},
    {NULL, NULL},
};
