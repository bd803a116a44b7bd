/* SPDX-License-Identifier: MIT */
/* See ends.h. What happens at an end is for the role of the process to say. */
#define _GNU_SOURCE
#include "ends/ends.h"

#include <setjmp.h>
#include <signal.h>
#include <sys/types.h>

#include "base/kernel.h"
#include "run/role.h"
#include "run/run.h"
#include "snapshot/keeper_lock.h"

/* What ends_try() runs. */
static struct {
    volatile pid_t thread; /* 0: nothing */
    sigjmp_buf way_out;
    struct end end;
} tried;

bool ends_try(void (*work)(void *argument), void *argument, struct end *end)
{
    bool ended = sigsetjmp(tried.way_out, 1) != 0;

    if (!ended) {
        tried.thread = kernel_gettid();
        work(argument);
    }
    tried.thread = 0;
    if (ended)
        *end = tried.end;
    return !ended;
}

void ends_leave(const struct end *end)
{
    if (tried.thread == 0 || tried.thread != kernel_gettid())
        return;
    tried.end = *end;
    siglongjmp(tried.way_out, 1);
}

/* Returns whether the process is to end. */
static bool end_process(struct end *end)
{
    ends_leave(end);
    if (!role_is_self())
        return true;
    /* While this waits, another thread may take a snapshot of us: then the role is another one in the copy.
     */
    keeper_lock_to_end();
    end->eval = run.hooks->evals();
    return role()->ends(end);
}

void ends_exit(int status)
{
    /* The parent sees the low eight bits. */
    struct end end = {.kind = (status & 0xff) == 0 ? END_FINISH : END_EXIT, .status = status & 0xff};

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

    return end_process(&end);
}
