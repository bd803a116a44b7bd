/* SPDX-License-Identifier: MIT */
/* What LIGHTSSS_WAKE_CALL may call in the fake simulator, and steps that print what a replay may print in
 * another way. None of the functions is exported. */
#define _GNU_SOURCE
#include "base/raw_syscall.h"
#include "fake_steps.h"

#include <dlfcn.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/syscall.h>
#include <sys/uio.h>
#include <unistd.h>

#define CALLED __attribute__((used, noinline)) static

static int level;

CALLED void wake_level(int wanted)
{
    level = wanted;
}

CALLED void wake_print(long a, const char *text, double real, char letter, long b, double other)
{
    fake_say("%ld %s %g %c %ld %g", a, text, real, letter, b, other);
}

/* Until somebody makes that file. */
CALLED void wake_await(const char *name)
{
    while (access(name, F_OK) != 0)
        usleep(1000);
}

CALLED void wake_crash(void)
{
    raise(SIGSEGV);
}

/* With a fault, whose signal cannot wait. */
CALLED void wake_fault(long address)
{
    *(volatile int *)address = 1;
}

CALLED void wake_exit(int status)
{
    exit(status);
}

CALLED void wake_leave(int status)
{
    _exit(status);
}

CALLED void wake_abort(void)
{
    abort();
}

CALLED void wake_throw(const char *text)
{
    void *library = dlopen("libstdc++.so.6", RTLD_NOW);
    void (*throw)(const char *) =
        library == NULL ? NULL : (void (*)(const char *))dlsym(library, "_ZSt21__throw_runtime_errorPKc");

    if (throw != NULL)
        throw(text);
}

/* --- steps --- */

static void do_level(const char *argument)
{
    (void)argument;
    fake_say("level %d", level);
}

/* The kernel's answer, which nobody can record. */
/* Past libc, where nobody can stand in front of it. */
static void do_say_pid(const char *argument)
{
    (void)argument;
    fake_say("pid %ld", raw_syscall0(SYS_getpid));
}

/* In one call, as two parts and a newline. */
static void do_writev(const char *argument)
{
    size_t half = strlen(argument) / 2;
    const struct iovec parts[] = {
        {(char *)argument, half},
        {NULL, 0},
        {(char *)argument + half, strlen(argument) - half},
        {(char *)"\n", 1},
    };

    if (writev(1, parts, 4) < 0)
        fake_give_up("fake: stdout cannot be written");
}

/* A fault of our own would not be seen. */
static void do_block_faults(const char *argument)
{
    sigset_t set;

    (void)argument;
    sigemptyset(&set);
    sigaddset(&set, SIGSEGV);
    sigaddset(&set, SIGABRT);
    sigprocmask(SIG_BLOCK, &set, NULL);
}

const struct fake_step fake_wake[] = {
    {"level", do_level}, {"say_pid", do_say_pid}, {"writev", do_writev}, {"block_faults", do_block_faults},
    {NULL, NULL},
};
