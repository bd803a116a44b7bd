/* SPDX-License-Identifier: MIT */
/* One thread ends the process: see ends.h. The first that comes is it; another thread that fails meanwhile
 * waits for the end that is under way; a failure of the first thread in what it does here falls
 * through to the plain end. */
#define _GNU_SOURCE
#include "ends.h"

#include <signal.h>
#include <stdatomic.h>
#include <stdint.h>
#include <sys/syscall.h>
#include <sys/types.h>

#include "log.h"
#include "raw_syscall.h"
#include "replay/replay.h"
#include "replay/wake.h"
#include "run.h"
#include "snapshot/keeper.h"
#include "snapshot/threads.h"

static _Atomic pid_t ending_thread;
static struct end first_end;      /* what the original is ending with ... */
static volatile bool end_is_done; /* ... and whether all that had to happen before it has happened */

/* Is this the thread that ends the process, here for the first time? */
static bool end_begins(void)
{
    pid_t self = (pid_t)raw_syscall0(SYS_gettid), other = 0;

    if (atomic_compare_exchange_strong(&ending_thread, &other, self))
        return true;
    while (other != self)
        raw_syscall4(SYS_ppoll, 0, 0, 0, 0); /* for ever: that thread ends us all */
    return false;
}

static bool is_failure(const struct end *end)
{
    return (run.options.failures & (1u << end->kind)) != 0;
}

/* The other threads stand still while the original waits: without us they would be gone already. */
static void end_original(const struct end *end)
{
    const uint64_t all = ~UINT64_C(0);
    uint64_t mask;
    const char *why;

    raw_syscall4(SYS_rt_sigprocmask, SIG_SETMASK, (long)&all, (long)&mask, sizeof all);
    if (is_failure(end)) {
        int stopped = threads_stop(&why);
        wake_replay(end);
        keeper_dismiss();
        if (stopped == 0)
            threads_resume();
    } else {
        keeper_dismiss();
    }
    raw_syscall4(SYS_rt_sigprocmask, SIG_SETMASK, (long)&mask, 0, sizeof mask);
}

/* A fault in what we do at the original's end must not become its end. */
static void end_as_first(void)
{
    const uint64_t nothing = 0;
    struct kernel_action {
        void *handler;
        unsigned long flags;
        void *restorer;
        unsigned long mask;
    } action = {NULL, 0, NULL, 0}; /* SIG_DFL */

    if (first_end.kind == END_EXIT || first_end.kind == END_FINISH)
        raw_syscall1(SYS_exit_group, first_end.status);
    raw_syscall4(SYS_rt_sigaction, first_end.signal, (long)&action, 0, sizeof nothing);
    raw_syscall4(SYS_rt_sigprocmask, SIG_SETMASK, (long)&nothing, 0, sizeof nothing);
    raw_syscall3(SYS_tgkill, raw_syscall0(SYS_getpid), raw_syscall0(SYS_gettid), first_end.signal);
}

static void end_process(struct end *end)
{
    if (!run_is_self())
        return;
    /* While this waits, another thread may take a snapshot of us: then the role is another one in the copy.
     */
    keeper_hold();
    end->eval = run.hooks->evals();
    end->time = run_time();
    if (run.role == RUN_REPLAY) {
        end_begins(); /* a second fault on this thread goes on with the next step */
        replay_finish(end);
    }
    if (end_begins()) {
        first_end = *end;
        end_original(end);
        end_is_done = true;
    } else if (!end_is_done) {
        end_as_first();
    }
}

void ends_exit(int status)
{
    /* The parent sees the low eight bits. */
    struct end end = {.kind = (status & 0xff) == 0 ? END_FINISH : END_EXIT, .status = status & 0xff};

    end_process(&end);
}

void ends_signal(int signal, bool outside)
{
    struct end end = {
        .kind = signal == SIGABRT ? END_ABORT : END_SIGNAL, .signal = signal, .outside = outside};

    end_process(&end);
}
