/* SPDX-License-Identifier: MIT */
/* The handler of SIGSYS: see trap.h. It runs on the stack that the call was made on, not on the alternate
 * one: the simulator's own may be too small for one handler on top of another. Large things are therefore not
 * kept on the stack (place.h). The kernel ends a process whose SIGSYS is blocked when the filter wants to
 * send it: so it never is, not even in this handler. */
#define _GNU_SOURCE
#include "sandbox/trap.h"

#include <string.h>
#include <ucontext.h>

#include "base/signal_action.h"
#include "base/signal_mask.h"
#include "sandbox/trap_processor.h"
#include "snapshot/threads/frame_processor.h"

#define SECCOMP_CODE 1 /* SYS_SECCOMP, which glibc's headers hide behind the kernel's */

static trap_answer *answer;
static struct kernel_action own_action; /* what the simulator wants of SIGSYS */

void trap_own_action(const struct kernel_action *new_action, struct kernel_action *old_action)
{
    struct kernel_action before = own_action;

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

long trap_call(const struct trap *trap)
{
    const long *given = trap->argument;

    return raw_syscall6(trap->number, given[0], given[1], given[2], given[3], given[4], given[5]);
}

long trap_call_with(const struct trap *trap, unsigned argument, long value)
{
    struct trap other = *trap;

    other.argument[argument] = value;
    return trap_call(&other);
}

/* Else somebody sent it, or it is of a filter that the simulator has made itself. */
static void on_trap(int signal, siginfo_t *info, void *context)
{
    struct trap trap;

    if (info->si_code != SECCOMP_CODE || info->si_errno != TRAP_SIGN) {
        signal_action_run(&own_action, signal, info, context);
        return;
    }
    trap_read(&trap, context);
    long result = answer(&trap, (uint32_t)info->si_arch);
    if (result != TRAP_NO_RESULT)
        trap_set_result(context, result);
}

int trap_install(trap_answer *answers)
{
    const struct kernel_action ours = {
        .handler = (void *)on_trap,
        .flags = SA_SIGINFO | SA_NODEFER | KERNEL_SA_RESTORER,
        .restorer = frame_return,
        .mask = ~signal_mask_never,
    };

    answer = answers;
    return kernel_sigaction(SIGSYS, &ours, &own_action);
}
