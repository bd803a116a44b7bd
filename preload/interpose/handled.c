/* SPDX-License-Identifier: MIT */
/* See handled.h. */
#define _GNU_SOURCE
#include "interpose/handled.h"

#include <errno.h>
#include <pthread.h>
#include <stdatomic.h>
#include <string.h>

#include "base/clock.h"
#include "base/own_thread.h"
#include "record/identity.h"
#include "record/retell.h"
#include "record/signal_log.h"
#include "run/role.h"
#include "run/run.h"
#include "snapshot/keeper.h"

#define BIT(signal) (UINT64_C(1) << ((signal)-1))
#define FAULTS                                                                                               \
    (BIT(SIGSEGV) | BIT(SIGBUS) | BIT(SIGILL) | BIT(SIGFPE) | BIT(SIGTRAP) | BIT(SIGSYS) | BIT(SIGABRT))
#define NEVER  (BIT(SIGKILL) | BIT(SIGSTOP) | BIT(32) | BIT(33)) /* or libc's own */
#define ASKING (BIT(SIGINT) | BIT(SIGTERM) | BIT(SIGHUP) | BIT(SIGQUIT))

extern const char __start_lightsss_handled[], __stop_lightsss_handled[];

enum step { STEP_NONE, STEP_RECORDS, STEP_RECORDED };

static _Atomic uint64_t asked_ns;

bool handled_concerns(int signal)
{
    return signal >= 1 && signal <= 64 && (BIT(signal) & (FAULTS | NEVER)) == 0;
}

/* What the process sends to itself a replay does too. SIGPIPE, which the kernel sends in its name, is what
 * the world says of a pipe. */
static bool is_from_world(int signal, const siginfo_t *info)
{
    bool is_sent = info->si_code == SI_USER || info->si_code == SI_TKILL || info->si_code == SI_QUEUE;

    if (!is_sent || !identity_is_process(info->si_pid))
        return true;
    return signal == SIGPIPE && info->si_code == SI_USER;
}

/* Two that come at once: the kernel lets the second interrupt the handler of the first at its very beginning.
 */
static enum signal_nesting nesting_of(uint64_t address, unsigned char step, uintptr_t entry)
{
    bool is_ours =
        address >= (uintptr_t)__start_lightsss_handled && address < (uintptr_t)__stop_lightsss_handled;

    if (step == STEP_RECORDS || address == entry)
        return SIGNAL_BEFORE_NEXT;
    if (!is_ours)
        return SIGNAL_ALONE;
    return step == STEP_RECORDED ? SIGNAL_BEHIND_LAST : SIGNAL_BEFORE_NEXT;
}

static void record(int signal, const siginfo_t *info, const void *ucontext, unsigned char step,
                   uintptr_t entry, int error)
{
    struct signal_record record = {
        .evals = run.hooks->evals(),
        .thread = (uint64_t)pthread_self(),
        .signal = signal,
        .error = error,
    };
    struct hooks_interrupted found;

    memcpy(record.info, info, sizeof record.info);
    code_place_registers(&record.place, ucontext);
    uint64_t stack = record.place.stack;
    if (own_thread()->call_frame != 0 && stack < own_thread()->call_frame)
        record.call = own_thread()->calls;
    if (!keeper_is_evaluating_thread()) {
        const struct own_thread *other = keeper_evaluating_thread();
        record.is_other = true;
        record.evals = run.hooks->evals(); /* as late as can be: the simulation goes on meanwhile */
        record.calls = other == NULL ? 0 : other->calls;
        signal_log_record(&record);
        return;
    }
    record.calls = own_thread()->calls;
    run.hooks->interrupted(record.place.address, stack, &found);
    record.in_eval = found.inside || found.enters;
    record.evals += found.enters;
    record.nesting = (unsigned char)nesting_of(record.place.address, step, entry);
    if (record.call == 0 && record.nesting == SIGNAL_ALONE)
        code_place_read(&record.place, ucontext, record.in_eval ? CODE_PLACE_NO_FRAME : found.frame);
    signal_log_record(&record);
}

HANDLED_CODE bool handled_begins(int signal, siginfo_t *info, const void *ucontext, uintptr_t entry)
{
    struct own_thread *own = own_thread();
    unsigned char before = own->signal_step;
    int error = errno;
    bool runs = true;

    own->signal_step = STEP_RECORDS;
    if (!role_is_self()) {
        own->signal_step = STEP_NONE;
        return true;
    }
    if (role_is_fed()) {
        own->is_told_aside = false;
        runs = retell_is_told(signal, info) || !is_from_world(signal, info);
    } else if (is_from_world(signal, info)) {
        record(signal, info, ucontext, before, entry, error);
        if ((BIT(signal) & ASKING) != 0)
            atomic_store(&asked_ns, clock_ns());
    }
    errno = error;
    own->signal_step = STEP_RECORDED;
    return runs;
}

bool handled_is_awaited(void)
{
    return own_thread()->is_told_aside || retell_is_awaited();
}

void handled_awaited(void (*handler)(int, siginfo_t *, void *), int signal, siginfo_t *info, void *ucontext)
{
    struct own_thread *own = own_thread();
    int error = errno;

    if (own->is_told_aside)
        errno = own->told_error;
    own->is_told_aside = false;
    handler(signal, info, ucontext);
    errno = error;
    retell_handled();
}

uint64_t handled_asked_ns(void)
{
    return atomic_load(&asked_ns);
}
