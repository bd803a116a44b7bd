/* SPDX-License-Identifier: MIT */
/* Fatal signals: see signal.h. The process then dies of the very same signal: the default action is put back
 * and the siginfo queued once more, so that it takes effect where the handler returns to, and status and
 * core dump are those of a run without the library. */
#define _GNU_SOURCE
#include "interpose/signal.h"

#include <assert.h>
#include <errno.h>
#include <signal.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <sys/types.h>

#include "base/kernel.h"
#include "base/next.h"
#include "base/signal_mask.h"
#include "base/stack.h"
#include "ends/alternate_stack.h"
#include "ends/ends.h"
#include "interpose/handled.h"
#include "record/code_place.h"
#include "record/identity.h"
#include "record/retell.h"
#include "run/role.h"
#include "snapshot/threads/blocked_call.h"

#define SIGNAL_LIMIT 65

struct watched {
    unsigned char signal;
    bool from_outside; /* it takes somebody else to send it, unless the process did so itself */
};

static const struct watched watched[] = {
    {SIGABRT, false}, {SIGSEGV, false}, {SIGBUS, false},   {SIGILL, false}, {SIGFPE, false}, {SIGTRAP, false},
    {SIGSYS, false},  {SIGXCPU, true},  {SIGXFSZ, true},   {SIGTERM, true}, {SIGINT, true},  {SIGHUP, true},
    {SIGQUIT, true},  {SIGALRM, true},  {SIGVTALRM, true}, {SIGPROF, true}, {SIGUSR1, true},
};

static bool armed;
static _Atomic sighandler_t asked_for[SIGNAL_LIMIT]; /* through libc's functions, at last */
static struct sigaction wanted[SIGNAL_LIMIT];        /* what the simulator asked for, where we stand in */
static volatile pid_t aborting_thread;
static struct sigaction set_aside[sizeof watched / sizeof *watched];

static const struct watched *find_watched(int signal)
{
    for (size_t i = 0; i < sizeof watched / sizeof *watched; i++)
        if (watched[i].signal == signal)
            return &watched[i];
    return NULL;
}

bool signal_is_failure(int signal)
{
    return signal != SIGUSR1 && find_watched(signal) != NULL;
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

    if (sent && identity_is_process(info->si_pid))
        return false;
    return sent || find_watched(signal)->from_outside;
}

static pid_t sender_of(const siginfo_t *info)
{
    bool tells = info->si_code == SI_USER || info->si_code == SI_QUEUE || info->si_code == SI_TKILL;

    return tells ? info->si_pid : 0;
}

/* From here on the process dies of this signal as soon as the handler returns. */
static void die_of(int signal, siginfo_t *info)
{
    const struct sigaction action = {.sa_handler = SIG_DFL};

    real_sigaction(signal, &action, NULL);
    kernel_queue(signal, info);
}

/* A fault inside what we do at the end must reach on_fatal() again, not kill at once. */
static uint64_t unblock_faults(void)
{
    uint64_t set = 0, before = 0;

    for (size_t i = 0; i < sizeof watched / sizeof *watched; i++)
        if (!watched[i].from_outside)
            set |= UINT64_C(1) << (watched[i].signal - 1);
    kernel_sigprocmask(SIG_UNBLOCK, &set, &before);
    return before;
}

static void on_fatal(int signal, siginfo_t *info, void *context)
{
    int saved_errno = errno;
    bool outside = is_outside(signal, info);

    if (role_is_self() && role()->hears(signal, outside, info, context)) {
        errno = saved_errno;
        return;
    }
    unblock_faults();
    if (signal != SIGUSR1 && !ends_signal(signal, outside, outside ? sender_of(info) : 0)) {
        errno = saved_errno;
        return;
    }
    /* To the return of the handler nothing interrupts: the signal waits for the place that it came from. */
    signal_mask_block_all();
    die_of(signal, info);
    errno = saved_errno;
}

static void install_on_fatal(int signal)
{
    struct sigaction action = {
        .sa_sigaction = on_fatal, .sa_flags = SA_SIGINFO | SA_ONSTACK | SA_RESTART, /* of what is survived */
    };

    sigfillset(&action.sa_mask);
    real_sigaction(signal, &action, NULL);
}

/* The simulator's own handler, where we must see what comes after it: it is to run once only, or it is
 * SIGABRT's, after which abort() ends the process in a way that nobody sees. */
static HANDLED_CODE void on_wrapped(int signal, siginfo_t *info, void *context)
{
    struct sigaction action = wanted[signal];
    bool aborting = signal == SIGABRT && aborting_thread == kernel_gettid();

    aborting_thread = 0; /* the handler may leave abort() by a jump */
    if (handled_concerns(signal) && !handled_begins(signal, info, context, (uintptr_t)on_wrapped))
        return;
    if ((action.sa_flags & (int)SA_RESETHAND) != 0) {
        wanted[signal].sa_handler = SIG_DFL;
        install_on_fatal(signal);
    }
    if (handled_is_awaited())
        handled_awaited(action.sa_sigaction, signal, info, context);
    else if ((action.sa_flags & SA_SIGINFO) != 0)
        action.sa_sigaction(signal, info, context);
    else
        action.sa_handler(signal);
    if (aborting)
        on_fatal(signal, info, context);
}

/* Where nothing comes after it that we must see: no frame of ours stays on the stack. */
static HANDLED_CODE void on_handled(int signal, siginfo_t *info, void *context)
{
    void (*handler)(int, siginfo_t *, void *) = wanted[signal].sa_sigaction;

    if (!handled_begins(signal, info, context, (uintptr_t)on_handled) || handler == (void *)SIG_IGN)
        return;
    if (handler != (void *)SIG_DFL && handled_is_awaited())
        handled_awaited(handler, signal, info, context);
    else if (handler != (void *)SIG_DFL)
        handler(signal, info, context);
    else if (find_watched(signal) != NULL) /* another thread has just changed it */
        on_fatal(signal, info, context);
}

/* In the place of the simulator's handler. */
static void install(int signal, struct sigaction action, void (*handler)(int, siginfo_t *, void *))
{
    action.sa_sigaction = handler;
    action.sa_flags |= SA_SIGINFO;
    if (handler == on_wrapped)
        action.sa_flags &= ~(int)SA_RESETHAND;
    real_sigaction(signal, &action, NULL);
}

/* What the simulator is shown. Returns whether one of our handlers is really installed. The kernel is asked,
 * not our memory: a child of vfork() shares the memory but has actions of its own. */
static bool show(int signal, struct sigaction *action)
{
    if (action->sa_sigaction != on_fatal && action->sa_sigaction != on_wrapped &&
        action->sa_sigaction != on_handled)
        return false;
    *action = wanted[signal];
    return true;
}

static bool look(int signal, struct sigaction *action)
{
    return real_sigaction(signal, NULL, action) == 0 && show(signal, action);
}

/* The kernel spares the first process of a container (docker run IMAGE ./emu) the default action of signals
 * that are sent to it: there it is no end. */
static bool is_spared(int signal)
{
    return find_watched(signal)->from_outside && kernel_getpid() == 1;
}

/* Is it a handler whose signals are recorded? One that was installed by a system call may belong to a runtime
 * that looks after it. */
static bool is_recorded(int signal, const struct sigaction *action)
{
    return is_function(action) && handled_concerns(signal) && action->sa_handler == asked_for[signal];
}

/* The simulator's action is in place; where it hides the end from us, a handler of ours takes its place.
 * Children of the simulator have no end that we want to see. */
static void stand_before_action(int signal, struct sigaction action)
{
    const struct watched *row = find_watched(signal);

    wanted[signal] = action;
    bool ends = row != NULL && !is_spared(signal);
    if (ends && action.sa_handler == SIG_DFL)
        install_on_fatal(signal);
    else if (ends && is_function(&action) &&
             (signal == SIGABRT || (action.sa_flags & (int)SA_RESETHAND) != 0))
        install(signal, action, on_wrapped);
    else if (is_recorded(signal, &action))
        install(signal, action, on_handled);
}

static void stand_before(int signal)
{
    struct sigaction action;

    if (role_is_self() && real_sigaction(signal, NULL, &action) == 0)
        stand_before_action(signal, action);
}

static bool signal_may_be_ours(int signal)
{
    return find_watched(signal) != NULL || handled_concerns(signal);
}

void signal_arm(void)
{
    int error = errno;

    alternate_stack_give();
    stack_prepare();
    code_place_learn();
    blocked_call_leave_out((const void *)on_fatal);
    for (int signal = 1; signal < SIGNAL_LIMIT; signal++) {
        struct sigaction shown;

        if (signal_may_be_ours(signal) && real_sigaction(signal, NULL, &shown) == 0 &&
            !show(signal, &shown)) /* a forked child has its parent's */
            stand_before_action(signal, shown);
    }
    armed = true;
    errno = error;
}

/* SIGSYS is no crash of the code. */
static bool is_fault(const struct watched *row)
{
    return !row->from_outside && row->signal != SIGSYS;
}

uint64_t signal_catch_faults(void)
{
    for (size_t i = 0; i < sizeof watched / sizeof *watched; i++)
        if (is_fault(&watched[i]) && real_sigaction(watched[i].signal, NULL, &set_aside[i]) == 0)
            install_on_fatal(watched[i].signal);
    return unblock_faults();
}

void signal_leave_faults(uint64_t mask)
{
    for (size_t i = 0; i < sizeof watched / sizeof *watched; i++)
        if (is_fault(&watched[i]))
            real_sigaction(watched[i].signal, &set_aside[i], NULL);
    aborting_thread = 0;
    signal_mask_restore(mask);
}

/* abort() has begun on this thread, or will: a SIGABRT handler that returns does not save the process. */
static void abort_begins(void)
{
    struct sigaction action;

    aborting_thread = kernel_gettid();
    /* Ignoring it saves nobody from abort(). */
    if (armed && real_sigaction(SIGABRT, NULL, &action) == 0 && action.sa_handler == SIG_IGN)
        install_on_fatal(SIGABRT);
}

/* abort() itself is seen through SIGABRT. But a SIGABRT handler of the simulator's own may return, and then
 * abort() resets the signal and dies inside libc, where nobody sees it. So its beginning is noted. */
void abort(void)
{
    struct sigaction action;

    abort_begins();
    retell_rest();
    /* Where the simulator has no handler the end is reported here: libc's raise() reads the process's number
     * before it sends the signal, and a copy made in between would send it to the original. */
    if (armed && real_sigaction(SIGABRT, NULL, &action) == 0 && action.sa_sigaction == on_fatal)
        ends_signal(SIGABRT, false, 0);
    NEXT(abort)();
    __builtin_unreachable();
}

void __assert_fail(const char *assertion, const char *file, unsigned line, const char *function)
{
    abort_begins();
    NEXT(__assert_fail)(assertion, file, line, function);
    __builtin_unreachable();
}

static bool is_ours(int signal)
{
    return armed && signal_may_be_ours(signal);
}

/* What comes in the middle of a change waits for its end. */
static uint64_t change_begins(bool is_change)
{
    return is_change ? signal_mask_block_all() : SIGNAL_MASK_UNKNOWN;
}

static void change_ends(int signal, bool is_change, uint64_t mask)
{
    if (is_change)
        stand_before(signal);
    signal_mask_restore(mask);
}

static void ask_for(int signal, sighandler_t handler)
{
    if (signal > 0 && signal < SIGNAL_LIMIT)
        asked_for[signal] = handler;
}

int sigaction(int signal, const struct sigaction *restrict new_action, struct sigaction *restrict old_action)
{
    struct sigaction before;

    if (new_action != NULL)
        ask_for(signal, new_action->sa_handler);
    /* Another thread may make ours stand in at any moment: so what was there is told by the call itself. */
    if (!is_ours(signal) || new_action == NULL) {
        int r = real_sigaction(signal, new_action, old_action);
        if (r == 0 && old_action != NULL)
            show(signal, old_action);
        return r;
    }
    uint64_t mask = change_begins(true);
    bool stood_in = look(signal, &before);
    int r = real_sigaction(signal, new_action, old_action);
    if (r == 0 && old_action != NULL && stood_in)
        *old_action = before;
    change_ends(signal, r == 0, mask);
    return r;
}

/* The functions around sigaction(): libc does its work on the simulator's own action, which is put back in
 * place for it. Where it refuses, all is as before. waits: a signal that comes meanwhile does; not where the
 * function is about the mask itself. */
#define CHANGE(waits, signal, function, ...)                                                                 \
    ({                                                                                                       \
        struct sigaction before;                                                                             \
        uint64_t mask = change_begins((waits) && is_ours(signal));                                           \
        bool stood_in = is_ours(signal) && look(signal, &before);                                            \
        if (stood_in)                                                                                        \
            real_sigaction(signal, &before, NULL);                                                           \
        __auto_type result = NEXT(function)(signal, ##__VA_ARGS__);                                          \
        change_ends(signal, is_ours(signal), mask);                                                          \
        if (stood_in && (long)result == -1)                                                                  \
            wanted[signal] = before;                                                                         \
        result;                                                                                              \
    })

#define SIGNAL(waits, name)                                                                                  \
    sighandler_t name(int number, sighandler_t handler)                                                      \
    {                                                                                                        \
        ask_for(number, handler);                                                                            \
        return CHANGE(waits, number, name, handler);                                                         \
    }

sighandler_t bsd_signal(int number, sighandler_t handler);

SIGNAL(true, signal)
SIGNAL(true, ssignal)
SIGNAL(true, bsd_signal)
SIGNAL(true, __sysv_signal) /* what signal() means to programs compiled as strict ISO C or POSIX */
SIGNAL(true, sysv_signal)

#pragma GCC diagnostic push
#pragma GCC diagnostic ignored "-Wdeprecated-declarations"

SIGNAL(false, sigset)

int sigignore(int number)
{
    return CHANGE(false, number, sigignore);
}

int siginterrupt(int number, int flag)
{
    return CHANGE(false, number, siginterrupt, flag);
}

#pragma GCC diagnostic pop
