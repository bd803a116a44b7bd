/* SPDX-License-Identifier: MIT */
/* How a run of the simulator ended: the words that the original, the replay, the options and the
 * report share. Pure data; the names are those of the CONTRACT. */
#ifndef LIGHTSSS_PRELOAD_OPTIONS_END_H
#define LIGHTSSS_PRELOAD_OPTIONS_END_H

#include <stdbool.h>
#include <stdint.h>

#include "base/text.h"

#define END_TIME_UNKNOWN UINT64_MAX

enum end_kind {
    END_NONE,    /* not ended, or nobody saw how */
    END_EXIT,    /* an exit status other than 0 */
    END_ABORT,   /* SIGABRT by any path */
    END_SIGNAL,  /* another fatal signal */
    END_KILL,    /* SIGKILL: nobody saw it coming */
    END_HANG,    /* no eval for too long */
    END_FINISH,  /* exit status 0 */
    END_REQUEST, /* none: somebody asks for the waveform of a simulator that goes on ... */
    END_AT,      /* ... or has asked before it began, by LIGHTSSS_AT ... */
    END_TRIGGER, /* ... or by LIGHTSSS_TRIGGER */
};

struct end {
    enum end_kind kind;
    int status;   /* exit status; means something for END_EXIT and END_FINISH */
    int signal;   /* signal number; means something for END_ABORT, END_SIGNAL and END_KILL */
    bool outside; /* the cause was not in the simulator (a signal was sent): a replay must be stopped there */
    int32_t sender; /* the process that sent it, where the kernel tells; 0: not known */
    uint64_t eval;  /* evals begun so far, counted from 1 */
    uint64_t time;  /* simulation time in the simulator's units, or END_TIME_UNKNOWN */
};

/* Is it a point of a run that goes on? */
bool end_is_point(enum end_kind kind);

/* "exit", "abort", ... as in LIGHTSSS_ON and report.json; "none" for END_NONE. */
const char *end_kind_name(enum end_kind kind);

/* "SIGSEGV"; NULL for a number that has no name here. Async-signal-safe. */
const char *end_signal_name(int signal);

/* Appends "exit status 3", "SIGSEGV", "signal 40" or "hang". Async-signal-safe. */
void end_describe(struct text *text, const struct end *end);

#endif
