/* SPDX-License-Identifier: MIT */
/* The handler of SIGSYS: see trap.h. It runs on the stack that the call was made on, not on the alternate
 * one: the simulator's own may be too small for one handler on top of another. Large things are therefore not
 * kept on the stack (place.h). The kernel ends a process whose SIGSYS is blocked when the filter wants to
 * send it: so it never is, not even in this handler. */
#define _GNU_SOURCE
#include "sandbox/trap.h"

#include <signal.h>
#include <string.h>
#include <sys/syscall.h>
#include <ucontext.h>

#include "base/raw_syscall.h"
#include "base/signal_mask.h"
#include "sandbox/calls.h"
#include "snapshot/threads/frame_processor.h"

#define KERNEL_SA_RESTORER 0x04000000ul
#define SECCOMP_CODE       1 /* SYS_SECCOMP, which glibc's headers hide behind the kernel's */

static struct trap_action own_action; /* what the simulator wants of SIGSYS */

void trap_own_action(const struct trap_action *new_action, struct trap_action *old_action)
{
    struct trap_action before = own_action;

    if (new_action != NULL)
        own_action = *new_action;
    if (old_action != NULL)
        *old_action = before;
}

uint64_t trap_mask(const struct trap *trap)
{
    uint64_t mask;

    memcpy(&mask, &((const ucontext_t *)trap->context)->uc_sigmask, sizeof mask);
    return mask;
}

void trap_set_mask(struct trap *trap, uint64_t mask)
{
    mask &= ~signal_mask_never;
    memcpy(&((ucontext_t *)trap->context)->uc_sigmask, &mask, sizeof mask);
}

/* From here on it does what it does without us, where the handler returns to. */
static void take_default_action(int signal, siginfo_t *info)
{
    const struct trap_action action = {(void *)SIG_DFL, 0, NULL, 0};

    raw_syscall4(SYS_rt_sigaction, signal, (long)&action, 0, sizeof action.mask);
    raw_syscall4(SYS_rt_tgsigqueueinfo, raw_syscall0(SYS_getpid), raw_syscall0(SYS_gettid), signal,
                 (long)info);
}

/* Somebody sent it, or it is of a filter that the simulator has made itself. */
static void pass_on(int signal, siginfo_t *info, void *context)
{
    struct trap_action action = own_action;

    if (action.handler == (void *)SIG_IGN)
        return;
    if (action.handler == (void *)SIG_DFL) {
        take_default_action(signal, info);
        return;
    }
    if ((action.flags & (unsigned long)SA_RESETHAND) != 0)
        own_action.handler = (void *)SIG_DFL;
    ((void (*)(int, siginfo_t *, void *))action.handler)(signal, info, context);
}

static void on_trap(int signal, siginfo_t *info, void *context)
{
    struct trap trap;

    if (info->si_code != SECCOMP_CODE || info->si_errno != TRAP_SIGN) {
        pass_on(signal, info, context);
        return;
    }
    trap_read(&trap, context);
    long result = calls_answer(&trap, (uint32_t)info->si_arch);
    if (result != TRAP_NO_RESULT)
        trap_set_result(context, result);
}

int trap_install(void)
{
    const struct trap_action ours = {
        .handler = (void *)on_trap,
        .flags = SA_SIGINFO | SA_NODEFER | KERNEL_SA_RESTORER,
        .restorer = frame_return,
        .mask = ~signal_mask_never,
    };

    return (int)raw_syscall4(SYS_rt_sigaction, SIGSYS, (long)&ours, (long)&own_action, sizeof ours.mask);
}
