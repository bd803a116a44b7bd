/* SPDX-License-Identifier: MIT */
/* Steps of the fake simulator: its own handlers, masks and alternate stacks, and what it is shown of them. */
#define _GNU_SOURCE
#include "fake_steps.h"

#include <errno.h>
#include <pthread.h>
#include <setjmp.h>
#include <signal.h>
#include <stdatomic.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/signalfd.h>
#include <sys/syscall.h>
#include <unistd.h>

#define SIGNALS 65

sighandler_t bsd_signal(int signal, sighandler_t handler);

static char own_stack[65536];
static const char *handler_steps[SIGNALS];
static sigjmp_buf back;

static const struct {
    const char *name;
    int signal;
} names[] = {
    {"ABRT", SIGABRT}, {"SEGV", SIGSEGV}, {"BUS", SIGBUS},   {"ILL", SIGILL},   {"FPE", SIGFPE},
    {"TRAP", SIGTRAP}, {"SYS", SIGSYS},   {"XCPU", SIGXCPU}, {"XFSZ", SIGXFSZ}, {"TERM", SIGTERM},
    {"INT", SIGINT},   {"HUP", SIGHUP},   {"QUIT", SIGQUIT}, {"KILL", SIGKILL}, {"USR1", SIGUSR1},
    {"USR2", SIGUSR2}, {"PIPE", SIGPIPE}, {"ALRM", SIGALRM}, {"CHLD", SIGCHLD}, {"VTALRM", SIGVTALRM},
    {"PROF", SIGPROF},
};

int fake_signal(const char *name)
{
    size_t length = strcspn(name, ":+");

    for (size_t i = 0; i < sizeof names / sizeof *names; i++)
        if (strlen(names[i].name) == length && memcmp(names[i].name, name, length) == 0)
            return names[i].signal;
    return (int)fake_number(name);
}

const char *fake_signal_name(int signal)
{
    for (size_t i = 0; i < sizeof names / sizeof *names; i++)
        if (names[i].signal == signal)
            return names[i].name;
    return "?";
}

static uint64_t bits_of(const sigset_t *set)
{
    uint64_t bits = 0;

    for (int signal = 1; signal < SIGNALS; signal++)
        if (sigismember(set, signal) == 1)
            bits |= UINT64_C(1) << (signal - 1);
    return bits;
}

static uint64_t mask_now(void)
{
    sigset_t set;

    sigprocmask(SIG_BLOCK, NULL, &set);
    return bits_of(&set);
}

static void on_plain(int signal);
static void on_siginfo(int signal, siginfo_t *info, void *context);

static const char *handler_name(sighandler_t handler)
{
    if (handler == SIG_DFL)
        return "default";
    if (handler == SIG_IGN)
        return "ignore";
    if (handler == SIG_ERR)
        return "error";
    if (handler == on_plain)
        return "plain";
    return (void *)handler == (void *)on_siginfo ? "siginfo" : "foreign";
}

static void say_action(const char *what, int signal, const struct sigaction *action)
{
    fake_say("%s %s: %s, flags %#x, mask %#lx, restorer %s", what, fake_signal_name(signal),
             handler_name(action->sa_handler), (unsigned)action->sa_flags, bits_of(&action->sa_mask),
             action->sa_restorer == NULL ? "none" : "some");
}

static void say_current(const char *what, int signal)
{
    struct sigaction action;

    memset(&action, 0, sizeof action);
    if (sigaction(signal, NULL, &action) != 0)
        fake_say("%s %s: %s", what, fake_signal_name(signal), strerrorname_np(errno));
    else
        say_action(what, signal, &action);
}

static void say_alternate_stack(const char *what)
{
    stack_t stack;

    memset(&stack, 0, sizeof stack);
    sigaltstack(NULL, &stack);
    fake_say("%s: flags %#x, %s", what, (unsigned)stack.ss_flags,
             stack.ss_sp == own_stack ? "own"
             : stack.ss_sp == NULL    ? "none"
                                      : "foreign");
}

static bool on_own_stack(void)
{
    uintptr_t here = (uintptr_t)__builtin_frame_address(0), start = (uintptr_t)own_stack;

    return here >= start && here < start + sizeof own_stack;
}

static void handle(int signal, const siginfo_t *info)
{
    int before = errno;

    fake_say("handler of %s: errno %s, mask %#lx%s", fake_signal_name(signal), strerrorname_np(before),
             mask_now(), on_own_stack() ? ", own stack" : "");
    if (info != NULL)
        fake_say("code %d, %s, address %s", info->si_code,
                 info->si_code <= 0 && info->si_pid == syscall(SYS_getpid) ? "own" : "not own",
                 info->si_code > 0 && info->si_addr != NULL ? "some" : "none");
    say_current("in the handler", signal);
    say_alternate_stack("stack in the handler");
    if (handler_steps[signal] != NULL)
        fake_run(handler_steps[signal]);
    errno = before;
}

static void on_plain(int signal)
{
    handle(signal, NULL);
}

static void on_siginfo(int signal, siginfo_t *info, void *context)
{
    if (context == NULL)
        fake_say("no context");
    handle(signal, info);
}

static int parse_flags(const char *text, size_t length)
{
    static const struct {
        const char *name;
        int flag;
    } flags[] = {
        {"resethand", (int)SA_RESETHAND}, {"nodefer", SA_NODEFER}, {"siginfo", SA_SIGINFO},
        {"onstack", SA_ONSTACK},          {"restart", SA_RESTART}, {"plain", 0},
    };
    int result = 0;

    for (size_t i = 0; i < sizeof flags / sizeof *flags; i++)
        if (memmem(text, length, flags[i].name, strlen(flags[i].name)) != NULL)
            result |= flags[i].flag;
    return result;
}

/* SIGNAL:FLAGS[:STEPS]: a handler, with HUP and KILL in its mask, that does these steps. */
static void do_action(const char *argument)
{
    struct sigaction action, old;
    int signal = fake_signal(argument);
    const char *flags = strchr(argument, ':');

    if (flags == NULL) {
        fake_give_up("fake: action:%s has no flags", argument);
        return;
    }
    flags++;
    size_t length = strcspn(flags, ":");
    memset(&action, 0, sizeof action);
    memset(&old, 0, sizeof old);
    action.sa_flags = parse_flags(flags, length);
    sigaddset(&action.sa_mask, SIGHUP);
    sigaddset(&action.sa_mask, SIGKILL);
    if ((action.sa_flags & SA_SIGINFO) != 0)
        action.sa_sigaction = on_siginfo;
    else
        action.sa_handler = on_plain;
    if (signal > 0 && signal < SIGNALS)
        handler_steps[signal] = flags[length] == ':' ? flags + length + 1 : NULL;
    if (sigaction(signal, &action, &old) != 0)
        fake_say("sigaction %d: %s", signal, strerrorname_np(errno));
    else
        say_action("before", signal, &old);
}

/* sigaction() with the same place for new and old. */
static void do_swap(const char *argument)
{
    struct sigaction action;
    int signal = fake_signal(argument);

    memset(&action, 0, sizeof action);
    action.sa_handler = on_plain;
    struct sigaction *volatile same = &action; /* the header says `restrict`, but programs do it */
    sigaction(signal, &action, same);
    say_action("swapped", signal, &action);
}

static void do_sigignore(const char *argument)
{
#pragma GCC diagnostic push
#pragma GCC diagnostic ignored "-Wdeprecated-declarations"
    sigignore(fake_signal(argument));
#pragma GCC diagnostic pop
}

/* What a library does that borrows a signal for a while. */
static void do_borrow(const char *argument)
{
    struct sigaction action, old;
    int signal = fake_signal(argument);

    memset(&action, 0, sizeof action);
    action.sa_handler = SIG_IGN;
    sigaction(signal, &action, &old);
    raise(signal);
    sigaction(signal, &old, NULL);
    say_current("borrowed", signal);
}

static void change(const char *argument, sighandler_t (*function)(int, sighandler_t))
{
    int signal = fake_signal(argument);
    const char *what = strchr(argument, ':');
    sighandler_t handler = on_plain;

    if (what != NULL && strcmp(what, ":default") == 0)
        handler = SIG_DFL;
    else if (what != NULL && strcmp(what, ":ignore") == 0)
        handler = SIG_IGN;
    else if (what != NULL && strcmp(what, ":error") == 0)
        handler = SIG_ERR;
    errno = 0;
    sighandler_t old = function(signal, handler);
    fake_say("%s was %s%s%s", fake_signal_name(signal), handler_name(old), old == SIG_ERR ? ", " : "",
             old == SIG_ERR ? strerrorname_np(errno) : "");
}

static void do_signal(const char *argument)
{
    change(argument, signal);
}

static void do_ssignal(const char *argument)
{
    change(argument, ssignal);
}

static void do_bsd_signal(const char *argument)
{
    change(argument, bsd_signal);
}

static void do_sysv_signal(const char *argument)
{
    change(argument, sysv_signal);
}

static void do_sigset(const char *argument)
{
#pragma GCC diagnostic push
#pragma GCC diagnostic ignored "-Wdeprecated-declarations"
    change(argument, sigset);
#pragma GCC diagnostic pop
}

static void do_siginterrupt(const char *argument)
{
#pragma GCC diagnostic push
#pragma GCC diagnostic ignored "-Wdeprecated-declarations"
    siginterrupt(fake_signal(argument), 1);
#pragma GCC diagnostic pop
}

static void do_query(const char *argument)
{
    if (strcmp(argument, "all") != 0) {
        say_current("now", fake_signal(argument));
        return;
    }
    for (int signal = 1; signal < SIGNALS; signal++)
        say_current("now", signal);
}

/* --- a thread that asks again and again --- */

static struct {
    pthread_t thread;
    int signal;
    atomic_ulong looks, changes;
    atomic_bool ends;
} watch;

static void *look_again_and_again(void *unused)
{
    struct sigaction first, now;

    sigaction(watch.signal, NULL, &first);
    while (!watch.ends) {
        sigaction(watch.signal, NULL, &now);
        watch.changes += now.sa_sigaction != first.sa_sigaction || now.sa_flags != first.sa_flags;
        watch.looks++;
    }
    return unused;
}

static void do_watch_action(const char *argument)
{
    watch.signal = fake_signal(argument);
    if (pthread_create(&watch.thread, NULL, look_again_and_again, NULL) != 0)
        fake_give_up("fake: no thread");
    while (watch.looks == 0)
        usleep(100);
}

static void do_watched_action(const char *argument)
{
    (void)argument;
    watch.ends = true;
    pthread_join(watch.thread, NULL);
    fake_say("the action %s", watch.changes == 0 ? "was always the same" : "changed");
}

static void do_altstack(const char *argument)
{
    stack_t stack = {.ss_sp = own_stack, .ss_size = sizeof own_stack};
    stack_t old;

    memset(&old, 0, sizeof old);
    if (strcmp(argument, "off") == 0)
        stack = (stack_t){.ss_flags = SS_DISABLE};
    if (strcmp(argument, "small") == 0)
        stack.ss_size = 16;
    if (strcmp(argument, "8k") == 0)
        stack.ss_size = 8192; /* what SIGSTKSZ was for decades */
    if (strcmp(argument, "query") == 0) {
        say_alternate_stack("stack");
        return;
    }
    int r = sigaltstack(&stack, &old);
    fake_say("sigaltstack %s, before: flags %#x, %s", r == 0 ? "0" : strerrorname_np(errno),
             (unsigned)old.ss_flags,
             old.ss_sp == own_stack ? "own"
             : old.ss_sp == NULL    ? "none"
                                    : "foreign");
}

static void do_block(const char *argument)
{
    sigset_t set;

    sigemptyset(&set);
    sigaddset(&set, fake_signal(argument));
    sigprocmask(SIG_BLOCK, &set, NULL);
}

/* HOW:SIGNAL: waits for it as programs do that want no handlers. */
static void do_await_signal(const char *argument)
{
    const struct timespec patience = {20, 0};
    struct signalfd_siginfo read_info;
    siginfo_t info;
    sigset_t set;
    int came = 0;

    sigemptyset(&set);
    sigaddset(&set, fake_signal(strchr(argument, ':') + 1));
    sigprocmask(SIG_BLOCK, &set, NULL);
    if (strncmp(argument, "wait:", 5) == 0)
        sigwait(&set, &came);
    else if (strncmp(argument, "info:", 5) == 0)
        came = sigwaitinfo(&set, &info);
    else if (strncmp(argument, "timed:", 6) == 0)
        came = sigtimedwait(&set, &info, &patience);
    else if (read(signalfd(-1, &set, SFD_CLOEXEC), &read_info, sizeof read_info) == sizeof read_info)
        came = (int)read_info.ssi_signo;
    fake_say("there is %s", fake_signal_name(came));
}

static void do_unblock(const char *argument)
{
    sigset_t set;

    sigemptyset(&set);
    sigaddset(&set, fake_signal(argument));
    sigprocmask(SIG_UNBLOCK, &set, NULL);
}

static void do_mask(const char *argument)
{
    (void)argument;
    fake_say("mask %#lx", mask_now());
}

/* Steps that may come back by a jump out of a handler. */
static void do_try(const char *argument)
{
    if (sigsetjmp(back, 1) == 0)
        fake_run(argument);
    else
        fake_say("back");
}

static void do_alarm(const char *argument)
{
    alarm((unsigned)fake_number(argument));
}

static void do_jump(const char *argument)
{
    siglongjmp(back, (int)fake_number(argument));
}

const struct fake_step fake_signals[] = {
    {"action", do_action},
    {"swap", do_swap},
    {"borrow", do_borrow},
    {"signal", do_signal},
    {"ssignal", do_ssignal},
    {"bsd_signal", do_bsd_signal},
    {"sysv_signal", do_sysv_signal},
    {"sigset", do_sigset},
    {"sigignore", do_sigignore},
    {"siginterrupt", do_siginterrupt},
    {"query", do_query},
    {"watch_action", do_watch_action},
    {"watched_action", do_watched_action},
    {"altstack", do_altstack},
    {"block", do_block},
    {"await_signal", do_await_signal},
    {"unblock", do_unblock},
    {"mask", do_mask},
    {"try", do_try},
    {"jump", do_jump},
    {"alarm", do_alarm},
    {NULL, NULL},
};
