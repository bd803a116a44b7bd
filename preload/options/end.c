/* SPDX-License-Identifier: MIT */
/* Names of ends and of signals. */
#include "options/end.h"

#include <signal.h>
#include <stddef.h>

const char *end_kind_name(enum end_kind kind)
{
    static const char *const names[] = {
        [END_NONE] = "none", [END_EXIT] = "exit",       [END_ABORT] = "abort",   [END_SIGNAL] = "signal",
        [END_KILL] = "kill", [END_HANG] = "hang",       [END_FINISH] = "finish", [END_REQUEST] = "request",
        [END_AT] = "at",     [END_TRIGGER] = "trigger",
    };

    return (size_t)kind < sizeof names / sizeof *names ? names[kind] : names[END_NONE];
}

bool end_is_point(enum end_kind kind)
{
    return kind == END_REQUEST || kind == END_AT || kind == END_TRIGGER;
}

/* glibc's sigabbrev_np() came with 2.32 only, and strsignal() is neither a name nor signal-safe. */
#define SIGNAL_NAME(name) [name] = #name

static const char *const signal_names[] = {
    SIGNAL_NAME(SIGHUP),  SIGNAL_NAME(SIGINT),  SIGNAL_NAME(SIGQUIT),   SIGNAL_NAME(SIGILL),
    SIGNAL_NAME(SIGTRAP), SIGNAL_NAME(SIGABRT), SIGNAL_NAME(SIGBUS),    SIGNAL_NAME(SIGFPE),
    SIGNAL_NAME(SIGKILL), SIGNAL_NAME(SIGUSR1), SIGNAL_NAME(SIGSEGV),   SIGNAL_NAME(SIGUSR2),
    SIGNAL_NAME(SIGPIPE), SIGNAL_NAME(SIGALRM), SIGNAL_NAME(SIGTERM),   SIGNAL_NAME(SIGVTALRM),
    SIGNAL_NAME(SIGPROF), SIGNAL_NAME(SIGIO),   SIGNAL_NAME(SIGPWR),    SIGNAL_NAME(SIGSYS),
    SIGNAL_NAME(SIGXCPU), SIGNAL_NAME(SIGXFSZ), SIGNAL_NAME(SIGSTKFLT),
};

const char *end_signal_name(int signal)
{
    if (signal < 0 || (size_t)signal >= sizeof signal_names / sizeof signal_names[0])
        return NULL;
    return signal_names[signal];
}

static bool has_signal(enum end_kind kind)
{
    return kind == END_ABORT || kind == END_SIGNAL || kind == END_KILL;
}

void end_describe(struct text *text, const struct end *end)
{
    const char *name = end_signal_name(end->signal);

    if (end->kind == END_EXIT || end->kind == END_FINISH)
        text_format(text, "exit status %d", end->status);
    else if (has_signal(end->kind) && name != NULL)
        text_format(text, "%s", name);
    else if (has_signal(end->kind) && end->signal != 0)
        text_format(text, "signal %d", end->signal);
    else
        text_format(text, "%s", end_kind_name(end->kind));
}
