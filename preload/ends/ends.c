/* SPDX-License-Identifier: MIT */
/* One thread ends the process: see ends.h. The first that comes is it; another thread that fails meanwhile
 * waits for the end that is under way; a fault of the first thread in what it does here does not change
 * how the process ends. */
#define _GNU_SOURCE
#include "ends/ends.h"

#include <signal.h>
#include <stdatomic.h>
#include <stdint.h>
#include <sys/types.h>
#include <time.h>

#include "base/kernel.h"
#include "base/log.h"
#include "base/signal_mask.h"
#include "base/stack.h"
#include "original/request.h"
#include "original/wake.h"
#include "record/match.h"
#include "replay/ask_time.h"
#include "replay/replay.h"
#include "replay/wake_call.h"
#include "run/role.h"
#include "run/run.h"
#include "snapshot/keeper.h"
#include "snapshot/threads/threads.h"

static _Atomic pid_t ending_thread;
static struct end first_end;      /* what the original is ending with ... */
static volatile bool end_is_done; /* ... and whether all that had to happen before it has happened */

/* Is this the thread that ends the process, here for the first time? */
static bool end_begins(void)
{
    pid_t self = kernel_gettid(), other = 0;

    if (atomic_compare_exchange_strong(&ending_thread, &other, self))
        return true;
    while (other != self)
        kernel_ppoll(NULL, 0, NULL); /* for ever: that thread ends us all */
    return false;
}

static bool is_failure(const struct end *end)
{
    return failures_include(&run.options.failures, end) || match_line() != NULL;
}

/* What came while we waited (an alarm, a second Ctrl-C) would have come to nobody. */
static void forget_pending_signals(void)
{
    const uint64_t all = ~UINT64_C(0);

    while (kernel_sigtake(&all, NULL) > 0)
        continue;
}

/* The other threads stand still while the original waits: without us they would be gone already. */
static void replay_failure(void *argument)
{
    struct end *end = argument;
    const char *why;

    end->time = ask_time_beside();
    uint64_t mask = signal_mask_block_all();
    int stopped = threads_stop(&why);
    wake_replay(end);
    keeper_dismiss();
    forget_pending_signals();
    if (stopped == 0)
        threads_resume();
    signal_mask_restore(mask);
}

/* A fault in what we do at the original's end must not become its end. */
static void end_as_first(void)
{
    const uint64_t nothing = 0;
    const struct kernel_action action = {.handler = (void *)SIG_DFL};

    if (first_end.kind == END_EXIT || first_end.kind == END_FINISH)
        kernel_exit_group(first_end.status);
    kernel_sigaction(first_end.signal, &action, NULL);
    kernel_sigprocmask(SIG_SETMASK, &nothing, NULL);
    kernel_tgkill(kernel_getpid(), kernel_gettid(), first_end.signal);
}

static void report_unsearched(void)
{
    if (match_lost_bytes() > 0 && match_line() == NULL)
        log_line(LOG_INFO,
                 "%zu bytes of output were not searched for what LIGHTSSS_MATCH looks for: there was more "
                 "between two evals than is kept",
                 match_lost_bytes());
}

/* Limits are the replay's own. */
static bool is_meant_for_original(const struct end *end)
{
    return role_kind() == ROLE_REPLAY && end->outside && end->signal != SIGXCPU && end->signal != SIGXFSZ;
}

/* Returns whether the process is to end. */
static bool end_process(struct end *end)
{
    if (!role_is_self())
        return true;
    /* While this waits, another thread may take a snapshot of us: then the role is another one in the copy.
     */
    keeper_lock();
    if (is_meant_for_original(end)) { /* and this thread may be one that the replay cannot do without */
        keeper_unlock();
        return false;
    }
    end->eval = run.hooks->evals();
    if (role_kind() == ROLE_REPLAY)
        replay_ended(end);
    if (end_begins()) {
        first_end = *end;
        report_unsearched();
        request_settle();
        if (is_failure(end))
            stack_run(replay_failure, end);
        else
            keeper_dismiss();
        end_is_done = true;
    } else if (!end_is_done && !end->outside) { /* what somebody sent ends it sooner, as without us */
        end_as_first();
    }
    return true;
}

void ends_exit(int status)
{
    /* The parent sees the low eight bits. */
    struct end end = {.kind = (status & 0xff) == 0 ? END_FINISH : END_EXIT, .status = status & 0xff};

    wake_call_leave(&end);
    end_process(&end);
}

bool ends_signal(int signal, bool outside, int sender)
{
    struct end end = {.kind = signal == SIGABRT   ? END_ABORT
                              : signal == SIGKILL ? END_KILL
                                                  : END_SIGNAL,
                      .signal = signal,
                      .outside = outside,
                      .sender = sender};

    wake_call_leave(&end);
    return end_process(&end);
}

void ends_forked(void)
{
    atomic_store(&ending_thread, 0);
    end_is_done = false;
}
