/* SPDX-License-Identifier: MIT */
/* Fatal signals: see signal.h. The process then dies of the very same signal: the default action is put back
 * and the siginfo queued once more, so that it takes effect where the handler returns to, and status and
 * core dump are those of a run without the library. */
#define _GNU_SOURCE
#include "signal.h"

#include <errno.h>
#include <signal.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/syscall.h>
#include <sys/types.h>

#include "../ends.h"
#include "../log.h"
#include "../raw_syscall.h"
#include "next.h"

/* The replay dumps its last values on it: room for Verilator's tracer. Untouched pages cost nothing. */
#define ALTERNATE_STACK_SIZE ((size_t)512 * 1024)
#define GUARD_SIZE           ((size_t)4096)
#define SIGNAL_LIMIT         65

struct watched {
    unsigned char signal;
    bool from_outside; /* it takes somebody else to send it, unless the process did so itself */
};

static const struct watched watched[] = {
    {SIGABRT, false}, {SIGSEGV, false}, {SIGBUS, false}, {SIGILL, false}, {SIGFPE, false},
    {SIGTRAP, false}, {SIGSYS, false},  {SIGXCPU, true}, {SIGXFSZ, true}, {SIGTERM, true},
    {SIGINT, true},   {SIGHUP, true},   {SIGQUIT, true},
};

static bool armed;
static struct sigaction wanted[SIGNAL_LIMIT]; /* what the simulator asked for ... */
static bool stands_in[SIGNAL_LIMIT];          /* ... where one of our handlers is installed instead */
static void *alternate_stack;
static volatile pid_t aborting_thread;

static const struct watched *find_watched(int signal)
{
    for (size_t i = 0; i < sizeof watched / sizeof *watched; i++)
        if (watched[i].signal == signal)
            return &watched[i];
    return NULL;
}

static int real_sigaction(int signal, const struct sigaction *new_action, struct sigaction *old_action)
{
    return NEXT(sigaction)(signal, new_action, old_action);
}

static bool is_function(const struct sigaction *action)
{
    return action->sa_handler != SIG_DFL && action->sa_handler != SIG_IGN;
}

static bool is_outside(int signal, const siginfo_t *info)
{
    bool sent = info->si_code <= 0;

    if (sent && info->si_pid == raw_syscall0(SYS_getpid))
        return false;
    return sent || find_watched(signal)->from_outside;
}

/* From here on the process dies of this signal as soon as the handler returns. */
static void die_of(int signal, siginfo_t *info)
{
    struct sigaction action;

    memset(&action, 0, sizeof action);
    action.sa_handler = SIG_DFL;
    real_sigaction(signal, &action, NULL);
    raw_syscall4(SYS_rt_tgsigqueueinfo, raw_syscall0(SYS_getpid), raw_syscall0(SYS_gettid), signal,
                 (long)info);
}

/* A fault inside what we do at the end must reach on_fatal() again, not kill at once. */
static void unblock_faults(void)
{
    uint64_t set = 0;

    for (size_t i = 0; i < sizeof watched / sizeof *watched; i++)
        if (!watched[i].from_outside)
            set |= UINT64_C(1) << (watched[i].signal - 1);
    raw_syscall4(SYS_rt_sigprocmask, SIG_UNBLOCK, (long)&set, 0, sizeof set);
}

static void on_fatal(int signal, siginfo_t *info, void *context)
{
    int saved_errno = errno;

    (void)context;
    unblock_faults();
    ends_signal(signal, is_outside(signal, info));
    die_of(signal, info);
    errno = saved_errno;
}

static void install_on_fatal(int signal)
{
    struct sigaction action;

    memset(&action, 0, sizeof action);
    action.sa_sigaction = on_fatal;
    action.sa_flags = SA_SIGINFO | SA_ONSTACK;
    sigfillset(&action.sa_mask);
    stands_in[signal] = real_sigaction(signal, &action, NULL) == 0;
}

/* The simulator's own handler, where we must see what comes after it: it is to run once only, or it is
 * SIGABRT's, after which abort() ends the process in a way that nobody sees. */
static void on_wrapped(int signal, siginfo_t *info, void *context)
{
    struct sigaction action = wanted[signal];

    if ((action.sa_flags & (int)SA_RESETHAND) != 0) {
        wanted[signal].sa_handler = SIG_DFL;
        install_on_fatal(signal);
    }
    if ((action.sa_flags & SA_SIGINFO) != 0)
        action.sa_sigaction(signal, info, context);
    else
        action.sa_handler(signal);
    if (signal == SIGABRT && aborting_thread == raw_syscall0(SYS_gettid))
        on_fatal(signal, info, context);
}

static int install_wrapped(int signal, const struct sigaction *action)
{
    struct sigaction wrapped = *action;

    wrapped.sa_sigaction = on_wrapped;
    wrapped.sa_flags = (action->sa_flags & ~(int)SA_RESETHAND) | SA_SIGINFO;
    stands_in[signal] = true;
    return real_sigaction(signal, &wrapped, NULL);
}

/* Puts in place what the simulator wants, in the way that lets us see the end. */
static int install(int signal, const struct sigaction *action)
{
    wanted[signal] = *action;
    if (action->sa_handler == SIG_DFL) {
        install_on_fatal(signal);
        return 0;
    }
    if (is_function(action) && (signal == SIGABRT || (action->sa_flags & (int)SA_RESETHAND) != 0))
        return install_wrapped(signal, action);
    stands_in[signal] = false;
    return real_sigaction(signal, action, NULL);
}

static void give_alternate_stack(void)
{
    stack_t stack = {.ss_flags = SS_DISABLE};

    if (NEXT(sigaltstack)(NULL, &stack) != 0 || (stack.ss_flags & SS_DISABLE) == 0)
        return;
    char *memory = mmap(NULL, ALTERNATE_STACK_SIZE + GUARD_SIZE, PROT_READ | PROT_WRITE,
                        MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE | MAP_STACK, -1, 0);
    if (memory == MAP_FAILED)
        return;
    mprotect(memory, GUARD_SIZE, PROT_NONE);
    stack = (stack_t){.ss_sp = memory + GUARD_SIZE, .ss_size = ALTERNATE_STACK_SIZE};
    if (NEXT(sigaltstack)(&stack, NULL) == 0)
        alternate_stack = stack.ss_sp;
}

void signal_arm(void)
{
    struct sigaction action;

    give_alternate_stack();
    for (size_t i = 0; i < sizeof watched / sizeof *watched; i++)
        if (real_sigaction(watched[i].signal, NULL, &action) == 0)
            install(watched[i].signal, &action);
    armed = true;
}

void signal_abort_begins(void)
{
    aborting_thread = (pid_t)raw_syscall0(SYS_gettid);
}

int sigaction(int signal, const struct sigaction *restrict new_action, struct sigaction *restrict old_action)
{
    struct sigaction old, action;

    if (!armed || find_watched(signal) == NULL)
        return real_sigaction(signal, new_action, old_action);
    if (new_action != NULL)
        action = *new_action; /* both may point to the same place */
    if (stands_in[signal])
        old = wanted[signal];
    else if (real_sigaction(signal, NULL, &old) != 0)
        return -1;
    if (old_action != NULL)
        *old_action = old;
    return new_action == NULL ? 0 : install(signal, &action);
}

/* signal() and its kin, for watched signals: sigaction() with these flags. */
static sighandler_t change_handler(int signal, sighandler_t handler, int flags)
{
    struct sigaction new_action, old_action;

    memset(&new_action, 0, sizeof new_action);
    new_action.sa_handler = handler;
    new_action.sa_flags = flags;
    if ((flags & SA_NODEFER) == 0)
        sigaddset(&new_action.sa_mask, signal);
    return sigaction(signal, &new_action, &old_action) != 0 ? SIG_ERR : old_action.sa_handler;
}

sighandler_t signal(int number, sighandler_t handler)
{
    if (!armed || find_watched(number) == NULL || handler == SIG_ERR)
        return NEXT(signal)(number, handler);
    return change_handler(number, handler, SA_RESTART);
}

sighandler_t ssignal(int number, sighandler_t handler)
{
    return signal(number, handler);
}

sighandler_t bsd_signal(int number, sighandler_t handler);
sighandler_t bsd_signal(int number, sighandler_t handler)
{
    return signal(number, handler);
}

/* What signal() means to programs compiled as strict ISO C or POSIX. */
sighandler_t __sysv_signal(int number, sighandler_t handler)
{
    if (!armed || find_watched(number) == NULL || handler == SIG_ERR)
        return NEXT(__sysv_signal)(number, handler);
    return change_handler(number, handler, (int)SA_RESETHAND | SA_NODEFER);
}

sighandler_t sysv_signal(int number, sighandler_t handler)
{
    return __sysv_signal(number, handler);
}

int sigaltstack(const stack_t *restrict new_stack, stack_t *restrict old_stack)
{
    stack_t old = {.ss_flags = SS_DISABLE};
    int r = NEXT(sigaltstack)(new_stack, &old);

    if (r != 0)
        return r;
    if (alternate_stack != NULL && old.ss_sp == alternate_stack)
        old = (stack_t){.ss_flags = SS_DISABLE}; /* ours: the simulator has none */
    if (old_stack != NULL)
        *old_stack = old;
    return 0;
}
