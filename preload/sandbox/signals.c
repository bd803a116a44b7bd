/* SPDX-License-Identifier: MIT */
/* See signals.h. A signal that would have reached somebody else is taken for sent: the original saw a
 * success. */
#define _GNU_SOURCE
#include "sandbox/signals.h"

#include <errno.h>
#include <signal.h>
#include <stdbool.h>
#include <string.h>
#include <sys/syscall.h>

#include "base/kernel.h"
#include "base/signal_mask.h"
#include "base/user_memory.h"
#include "options/end.h"
#include "record/identity.h"
#include "run/notes.h"
#include "run/role.h"
#include "run/run.h"
#include "sandbox/trap_processor.h"

#define KERNEL_SIGNALS 64

/* --- masks and actions --- */

/* A replay, which is slower, does not end of a timer: where the original did, it is stopped at the same eval.
 */
#define BIT(signal) (UINT64_C(1) << ((signal)-1))
#define OF_TIMERS   (BIT(SIGALRM) | BIT(SIGVTALRM) | BIT(SIGPROF))

static _Atomic uint64_t spared; /* signals that are ignored where the simulator wants the default action */

static void spare(long number, struct kernel_action *action)
{
    if (number < 1 || number > KERNEL_SIGNALS || (OF_TIMERS & BIT(number)) == 0)
        return;
    if (action->handler == (void *)SIG_DFL) {
        action->handler = (void *)SIG_IGN;
        spared |= BIT(number);
    } else {
        spared &= ~BIT(number);
    }
}

static bool is_spared(long number)
{
    return number >= 1 && number <= KERNEL_SIGNALS && (spared & BIT(number)) != 0;
}

void signals_open(void)
{
    struct kernel_action action;

    for (int number = 1; number <= KERNEL_SIGNALS; number++) {
        if (kernel_sigaction(number, NULL, &action) < 0)
            continue;
        spare(number, &action);
        if ((action.mask & signal_mask_never) == 0 && !is_spared(number))
            continue;
        action.mask &= ~signal_mask_never;
        kernel_sigaction(number, &action, NULL);
    }
}

long signals_mask(struct trap *trap)
{
    uint64_t before = trap_mask(trap), set;

    if (trap->argument[3] != sizeof set)
        return -EINVAL;
    if (trap->argument[1] != 0) {
        if (user_memory_read(&set, trap->argument[1], sizeof set) < 0)
            return -EFAULT;
        if (trap->argument[0] == SIG_BLOCK)
            set |= before;
        else if (trap->argument[0] == SIG_UNBLOCK)
            set = before & ~set;
        else if (trap->argument[0] != SIG_SETMASK)
            return -EINVAL;
        trap_set_mask(trap, set);
    }
    return trap->argument[2] == 0 ? 0 : user_memory_write(trap->argument[2], &before, sizeof before);
}

long signals_action(struct trap *trap)
{
    struct kernel_action action = {NULL, 0, NULL, 0}, before;
    bool is_new = trap->argument[1] != 0;

    if (trap->argument[3] != sizeof action.mask)
        return -EINVAL;
    if (is_new && user_memory_read(&action, trap->argument[1], sizeof action) < 0)
        return -EFAULT;
    action.mask &= ~signal_mask_never;
    if (trap->argument[0] == SIGSYS) {
        trap_own_action(is_new ? &action : NULL, &before);
        return trap->argument[2] == 0 ? 0 : user_memory_write(trap->argument[2], &before, sizeof before);
    }
    bool was_spared = is_spared(trap->argument[0]);
    if (is_new)
        spare(trap->argument[0], &action);
    int r = kernel_sigaction((int)trap->argument[0], is_new ? &action : NULL, &before);
    if (r < 0 || trap->argument[2] == 0)
        return r;
    if (was_spared)
        before.handler = (void *)SIG_DFL;
    return user_memory_write(trap->argument[2], &before, sizeof before);
}

/* The frame may be older than the sandbox, or its handler has written to the mask in it. */
long signals_return(struct trap *trap)
{
    uint64_t mask;

    memcpy(&mask, trap_frame_mask(trap), sizeof mask);
    mask &= ~signal_mask_never;
    memcpy(trap_frame_mask(trap), &mask, sizeof mask);
    trap_return_again(trap);
    return TRAP_NO_RESULT;
}

static int read_mask(uint64_t *mask, long from)
{
    if (user_memory_read(mask, from, sizeof *mask) < 0)
        return -EFAULT;
    *mask &= ~signal_mask_never;
    return 0;
}

/* Handlers run while the call waits, on top of this one. */
long signals_wait(struct trap *trap)
{
    uint64_t mask;

    if (read_mask(&mask, trap->argument[trap->which]) < 0)
        return -EFAULT;
    return trap_call_with(trap, trap->which, (long)&mask);
}

long signals_wait_behind(struct trap *trap)
{
    long indirect[2];
    uint64_t mask;

    if (user_memory_read(indirect, trap->argument[trap->which], sizeof indirect) < 0)
        return -EFAULT;
    if (indirect[0] == 0)
        return trap_call_with(trap, trap->which, 0);
    if (read_mask(&mask, indirect[0]) < 0)
        return -EFAULT;
    indirect[0] = (long)&mask;
    return trap_call_with(trap, trap->which, (long)indirect);
}

/* --- sending --- */

pid_t signals_number(long number)
{
    if (number == run.page->original_pid)
        return run.pid;
    return number == 0 ? 0 : identity_true_tid((pid_t)number);
}

/* Which threads are ours the kernel knows. */
bool signals_is_own(long number)
{
    return number == 0 || signals_number(number) == run.pid ||
           kernel_tgkill(run.pid, signals_number(number), 0) == 0;
}

static long refuse(long number, long signal)
{
    const char *name = end_signal_name((int)signal);

    if (name != NULL)
        notes_add("%s to process %ld was not sent", name, number);
    else
        notes_add("signal %ld to process %ld was not sent", signal, number);
    return 0;
}

/* Is it sent to all of a process group that the replay is in? */
static bool is_own_group(long number)
{
    return number == 0 || number == -1 || role_is_group((pid_t)-number);
}

/* Landlock lets nobody be signalled who is outside, not even to look whether he is there. */
static long look_for(long number)
{
    int r = kernel_kill(number > 0 ? signals_number(number) : (pid_t)number, 0);

    return r == -EPERM ? 0 : r;
}

static long send_to_process(long signal)
{
    return identity_sees_to(signal) ? 0 : kernel_kill(run.pid, (int)signal);
}

static long send_to_thread(long number, long signal)
{
    const pid_t thread = signals_number(number);
    int r = kernel_tgkill(run.pid, thread, 0);

    return r < 0 || identity_sees_to(signal) ? r : kernel_tgkill(run.pid, thread, (int)signal);
}

long signals_kill(struct trap *trap)
{
    long number = trap->argument[0], signal = trap->argument[1];

    number = (int)number;
    if (signal < 0 || signal > KERNEL_SIGNALS)
        return -EINVAL;
    if (signal == 0)
        return look_for(number);
    if (number > 0 && signals_number(number) == run.pid)
        return send_to_process(signal);
    if (number <= 0 && is_own_group(number)) {
        if (number != -1) /* the kernel spares the sender of that one */
            send_to_process(signal);
        return refuse(number, signal);
    }
    long r = look_for(number);
    return r < 0 ? r : refuse(number, signal);
}

long signals_tkill(struct trap *trap)
{
    long r = send_to_thread(trap->argument[0], trap->argument[1]);

    return r == -ESRCH ? refuse(trap->argument[0], trap->argument[1]) : r;
}

long signals_tgkill(struct trap *trap)
{
    if (signals_number(trap->argument[0]) != run.pid)
        return refuse(trap->argument[0], trap->argument[2]);
    return send_to_thread(trap->argument[1], trap->argument[2]);
}

/* The sender in it is the original, as the simulator knows itself. */
static int read_information(siginfo_t *information, long from)
{
    if (user_memory_read(information, from, sizeof *information) < 0)
        return -EFAULT;
    if (information->si_pid == run.page->original_pid)
        information->si_pid = run.pid;
    return 0;
}

/* To a process, or to a thread of it. */
long signals_queue(struct trap *trap)
{
    const bool is_thread = trap->number == SYS_rt_tgsigqueueinfo;
    const long *argument = trap->argument + is_thread, signal = argument[1];
    siginfo_t information;

    if (signals_number(trap->argument[0]) != run.pid)
        return refuse(trap->argument[0], signal);
    if (read_information(&information, argument[2]) < 0)
        return -EFAULT;
    if (is_thread)
        return kernel_tgsigqueueinfo(run.pid, signals_number(argument[0]), (int)signal, &information);
    return identity_sees_to(signal) ? 0 : raw_syscall3(SYS_rt_sigqueueinfo, run.pid, signal, &information);
}
