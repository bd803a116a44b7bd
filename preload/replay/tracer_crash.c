/* SPDX-License-Identifier: MIT */
/* See tracer_crash.h. A tracer that has dumped is not left: what broke it then is likely the simulator, whose
 * heap may be locked by the very fault. */
#define _GNU_SOURCE
#include "replay/tracer_crash.h"

#include <signal.h>
#include <stddef.h>
#include <ucontext.h>

#include "base/kernel.h"
#include "run/run.h"

static bool ended_in_tracer;
static int left_by; /* a signal; 0: none was left */

static bool is_fault(int signal)
{
    return signal == SIGSEGV || signal == SIGBUS || signal == SIGILL || signal == SIGFPE;
}

void tracer_crash_leave(int signal, const void *ucontext)
{
    const ucontext_t *frame = ucontext;

    if (!is_fault(signal) || !run.hooks->wave_at_work() || run_wave().dumped)
        return;
    left_by = signal;
    kernel_sigprocmask(SIG_SETMASK, (const uint64_t *)(const void *)&frame->uc_sigmask, NULL);
    run.hooks->wave_leave();
}

void tracer_crash_note(void)
{
    ended_in_tracer = run.hooks->wave_at_work();
}

static void explain(const struct end *end, struct text *why)
{
    bool dumped = run_wave().dumped;
    struct hooks_why blame = {""};

    text_format(why, "the simulator's own tracer crashed (");
    end_describe(why, end);
    text_format(why, ") %s", dumped ? "in a dump" : "at its first dump");
    run.hooks->wave_blame(dumped, &blame);
    text_format(why, "; %s", blame.text);
}

bool tracer_crash_explain(const struct end *end, struct text *why)
{
    if (ended_in_tracer)
        explain(end, why);
    return ended_in_tracer;
}

bool tracer_crash_was_left(void)
{
    return left_by != 0;
}

void tracer_crash_explain_left(struct text *why)
{
    const struct end end = {.kind = END_SIGNAL, .signal = left_by};

    explain(&end, why);
}
