/* SPDX-License-Identifier: MIT */
/* Runs the fake simulator without and with the library: what its user sees must be the same. */
#ifndef LIGHTSSS_TESTS_PROCESS_COMPARE_H
#define LIGHTSSS_TESTS_PROCESS_COMPARE_H

#include "run_program.h"

#include <stddef.h>

/* What the run directory of a failing run must hold. */
struct expected {
    const char *kind;    /* as in report.json; NULL: the run does not fail, it leaves and says nothing */
    int code;            /* exit status or signal number */
    long eval;           /* at which it ends; 0: not compared */
    long before;         /* evals of the process that has forked the one that fails */
    const char *verdict; /* NULL: reproduced */
    bool quiet;          /* run it with LIGHTSSS_LOG=quiet: nothing is said */
    bool many;           /* take a snapshot at every second eval, so that the replay begins late */
    bool cut;            /* the replay is stopped behind the last eval: what came after that is missing */
    bool early;          /* it writes before the first eval: the replay cannot write that again */
};

#define CLEAN                                                                                                \
    {                                                                                                        \
        .kind = NULL                                                                                         \
    }
#define EXIT(status, at)                                                                                     \
    {                                                                                                        \
        .kind = "exit", .code = (status), .eval = (at)                                                       \
    }
#define ABORT(at)                                                                                            \
    {                                                                                                        \
        .kind = "abort", .code = SIGABRT, .eval = (at)                                                       \
    }
#define SIGNAL(number, at)                                                                                   \
    {                                                                                                        \
        .kind = "signal", .code = (number), .eval = (at)                                                     \
    }

#define COMPARE_STEPS_MAX 16

struct compare_case {
    const char *steps[COMPARE_STEPS_MAX]; /* of the fake simulator */
    struct expected expected;
};

/* Are status, output, files and the number of processes left behind the same? Says what differs. */
bool compare_outcomes(const struct outcome *without, const struct outcome *with);

/* Fails the test when they are not, or when something is left behind. */
void compare_same(const struct outcome *without, const struct outcome *with);

/* Fails the test when they are not. Gives the run with the library
 * (not NULL): discard it. */
void compare_runs(const struct program *program, struct outcome *with);

/* Fails the test when the report, the lines or the replay's output are not as expected. What the replay
 * prints is what the original printed: snapshots of such runs must be taken before anything is written. */
void compare_expected(const struct outcome *outcome, const struct expected *expected);

/* Both, and discards. */
void compare_program(const struct program *program, const struct expected *expected);

/* A test per row; what main() returns. LIGHTSSS_TEST_ONLY=TEXT: only rows with that text. */
int compare_cases(const struct compare_case *cases, size_t count);

#endif
