/* SPDX-License-Identifier: MIT */
/* Signals that handlers of the simulator took: recorded in the original, told again in a replay. Those of the
 * thread that evals have a place. */
#ifndef LIGHTSSS_PRELOAD_RECORD_SIGNAL_LOG_H
#define LIGHTSSS_PRELOAD_RECORD_SIGNAL_LOG_H

#include <signal.h>
#include <stdbool.h>
#include <stdint.h>

#include "record/code_place.h"

#define SIGNAL_LOG_INFO 64 /* bytes of a siginfo_t that the kernel fills in */

enum signal_nesting {
    SIGNAL_ALONE,
    SIGNAL_BEFORE_NEXT, /* it came before the handler of the one that is recorded next could begin ... */
    SIGNAL_BEHIND_LAST, /* ... or that of the last */
};

struct signal_record {
    unsigned char info[SIGNAL_LOG_INFO];
    uint64_t evals;  /* begun when it came */
    uint64_t call;   /* number of the call that it came in, 0: none */
    uint64_t calls;  /* so many had the thread that evals begun */
    uint64_t thread; /* pthread_self() */
    struct code_place place;
    int32_t signal;
    int32_t error; /* errno of its thread */
    bool in_eval;
    bool is_other;         /* it came to another thread than the one that evals */
    unsigned char nesting; /* enum signal_nesting */
};

/* Errno is kept. Async-signal-safe, both. */
void signal_log_record(const struct signal_record *record);

/* The next one; false: there is none. */
bool signal_log_next(struct signal_record *record);

#endif
