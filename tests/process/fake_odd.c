/* SPDX-License-Identifier: MIT */
/* Steps of the fake simulator: threads that are unlike others. One runs on a small stack of its own, one has
 * a signal stack that is too small, one is the kernel's, one blocks until a signal comes, and the main thread
 * leaves. */
#define _GNU_SOURCE
#include "fake_steps.h"

#include <errno.h>
#include <linux/io_uring.h>
#include <pthread.h>
#include <semaphore.h>
#include <signal.h>
#include <stdatomic.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/syscall.h>
#include <time.h>
#include <ucontext.h>
#include <unistd.h>

#define PAGE         ((size_t)4096)
#define SIGNAL_STACK ((size_t)32 * 1024)
#define TINY_STACK   ((size_t)2048)

static void start(void *(*function)(void *), void *argument)
{
    pthread_t thread;

    if (pthread_create(&thread, NULL, function, argument) != 0)
        fake_give_up("fake: no thread");
    pthread_detach(thread);
}

/* --- a thread that runs on one page, as coroutines do --- */

static struct {
    ucontext_t thread, routine;
    sem_t go, gone;
    unsigned turns;
} coroutine;

/* Not what a test's own functions would need on the stack. */
static void run_on_page(void)
{
    for (;;) {
        while (sem_wait(&coroutine.go) != 0)
            continue;
        coroutine.turns++;
        sem_post(&coroutine.gone);
    }
}

static void *run_coroutine(void *with_signal_stack)
{
    char *memory = mmap(NULL, 2 * PAGE, PROT_NONE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
    stack_t stack = {.ss_size = SIGNAL_STACK};

    if (with_signal_stack != NULL) {
        stack.ss_sp = malloc(SIGNAL_STACK);
        sigaltstack(&stack, NULL);
    }
    mprotect(memory + PAGE, PAGE, PROT_READ | PROT_WRITE);
    getcontext(&coroutine.routine);
    coroutine.routine.uc_stack.ss_sp = memory + PAGE;
    coroutine.routine.uc_stack.ss_size = PAGE;
    makecontext(&coroutine.routine, run_on_page, 0);
    swapcontext(&coroutine.thread, &coroutine.routine);
    return NULL;
}

static void do_coroutine(const char *argument)
{
    sem_init(&coroutine.go, 0, 0);
    sem_init(&coroutine.gone, 0, 0);
    start(run_coroutine, *argument != '\0' ? &coroutine : NULL);
}

static void do_coroutine_turn(const char *argument)
{
    (void)argument;
    sem_post(&coroutine.go);
    while (sem_wait(&coroutine.gone) != 0)
        continue;
    fake_say("turn %u", coroutine.turns);
}

/* --- signal stacks --- */

static void *wait_with_tiny_stack(void *ready)
{
    const stack_t stack = {.ss_sp = malloc(TINY_STACK), .ss_size = TINY_STACK};
    const stack_t none = {.ss_flags = SS_DISABLE};

    if (sigaltstack(&stack, NULL) != 0)
        fake_give_up("fake: no signal stack of %zu bytes (%s)", TINY_STACK, strerrorname_np(errno));
    sem_post(ready);
    while (sem_wait(&coroutine.go) != 0)
        continue;
    sigaltstack(&none, NULL);
    sem_post(&coroutine.gone);
    for (;;)
        pause();
}

static void do_tiny_stack(const char *argument)
{
    (void)argument;
    sem_init(&coroutine.go, 0, 0);
    sem_init(&coroutine.gone, 0, 0);
    start(wait_with_tiny_stack, &coroutine.gone);
    sem_wait(&coroutine.gone);
}

static void do_tiny_stack_leaves(const char *argument)
{
    (void)argument;
    sem_post(&coroutine.go);
    sem_wait(&coroutine.gone);
}

/* --- threads that are none --- */

static char state_of_main(void)
{
    char line[512] = "";
    FILE *file = fopen("/proc/thread-self/../../stat", "re");

    if (file == NULL) {
        fake_give_up("fake: no /proc");
        return '\0';
    }
    line[fread(line, 1, sizeof line - 1, file)] = '\0';
    fclose(file);
    const char *end = strrchr(line, ')');
    return end == NULL ? '\0' : end[2];
}

static void *run_rest(void *steps)
{
    while (state_of_main() != 'Z')
        usleep(1000);
    fake_run(steps);
    return NULL;
}

/* The rest of the steps is done by another thread. */
static void do_main_leaves(const char *argument)
{
    start(run_rest, (void *)(uintptr_t)argument);
    pthread_exit(NULL);
}

/* Of a ring whose queue the kernel looks at itself. */
static void do_ring_worker(const char *argument)
{
    struct io_uring_params parameters = {.flags = IORING_SETUP_SQPOLL, .sq_thread_idle = 1000};

    (void)argument;
    if (syscall(SYS_io_uring_setup, 4, &parameters) < 0)
        fake_say("no ring");
}

/* --- a thread that only a signal gets out of its call --- */

static atomic_uint interrupted;
static pthread_t sleeper;

static void ignore(int signal)
{
    (void)signal;
}

static void *wait_for_signals(void *by_read)
{
    int fds[2];
    char byte;

    if (pipe(fds) != 0)
        fake_give_up("fake: no pipe");
    for (;;) {
        ssize_t r = by_read != NULL ? read(fds[0], &byte, 1) : pause();
        if (r < 0 && errno == EINTR)
            atomic_fetch_add(&interrupted, 1);
    }
}

static void do_sleeper(const char *argument)
{
    const struct sigaction action = {.sa_handler = ignore};

    sigaction(SIGUSR2, &action, NULL);
    pthread_create(&sleeper, NULL, wait_for_signals, strcmp(argument, "read") == 0 ? &interrupted : NULL);
    usleep(10000);
}

static bool comes_back(unsigned count)
{
    for (int tries = 0; atomic_load(&interrupted) < count; tries++) {
        if (tries == 2000)
            return false;
        fake_run("eval:1");
        usleep(100);
    }
    return true;
}

/* Sends it so many signals, each when it has come back from the one before, some evals later. One that comes
 * when the thread is not in its call, but on the way there, interrupts nothing, with the library and without:
 * it is sent again. */
static void do_interrupt_sleeper(const char *argument)
{
    long count = fake_number(argument), again = 0;
    unsigned seed = 1;

    for (long i = 0; i < count; i++) {
        for (int evals = rand_r(&seed) % 20; evals >= 0; evals--)
            fake_run("eval:1");
        for (int turns = rand_r(&seed) % 20000; turns > 0; turns--)
            atomic_load(&interrupted);
        unsigned before = atomic_load(&interrupted);
        for (pthread_kill(sleeper, SIGUSR2); !comes_back(before + 1); pthread_kill(sleeper, SIGUSR2))
            again++;
    }
    fake_say("%ld signals, %s of them in vain", count, again <= count / 50 ? "next to none" : "many");
    if (again > 0)
        dprintf(2, "fake: %ld signals were in vain\n", again);
}

const struct fake_step fake_odd[] = {
    {"coroutine", do_coroutine},
    {"coroutine_turn", do_coroutine_turn},
    {"tiny_stack", do_tiny_stack},
    {"tiny_stack_leaves", do_tiny_stack_leaves},
    {"main_leaves", do_main_leaves},
    {"ring_worker", do_ring_worker},
    {"sleeper", do_sleeper},
    {"interrupt_sleeper", do_interrupt_sleeper},
    {NULL, NULL},
};
