/* SPDX-License-Identifier: MIT */
/* LIGHTSSS_ON: which ends are failures. Kinds of ends; of these, single signals and exit statuses are taken
 * out again. Pure logic. */
#ifndef LIGHTSSS_PRELOAD_OPTIONS_FAILURES_H
#define LIGHTSSS_PRELOAD_OPTIONS_FAILURES_H

#include <stdbool.h>
#include <stdint.h>

#include "options/end.h"

#define FAILURE_EXIT   (1u << END_EXIT)
#define FAILURE_ABORT  (1u << END_ABORT)
#define FAILURE_SIGNAL (1u << END_SIGNAL)
#define FAILURE_KILL   (1u << END_KILL)
#define FAILURE_HANG   (1u << END_HANG)
#define FAILURE_FINISH (1u << END_FINISH)
#define FAILURE_ALL                                                                                          \
    (FAILURE_EXIT | FAILURE_ABORT | FAILURE_SIGNAL | FAILURE_KILL | FAILURE_HANG | FAILURE_FINISH)
#define FAILURE_DEFAULT (FAILURE_EXIT | FAILURE_ABORT | FAILURE_SIGNAL | FAILURE_KILL)

struct failures {
    unsigned kinds;           /* FAILURE_* */
    uint64_t signals_out;     /* a bit per signal, SIGHUP (1) is bit 0 */
    uint64_t statuses_out[4]; /* a bit per exit status */
};

/* Words with commas between. A kind, or "all", adds; "-KIND" takes out; the last of them counts. "-SIGNAL"
 * and
 * "-exit:STATUS" take a single one out, for good, wherever they stand. A signal is a name, SIGRTMIN+1 or a
 * number. Where the first word takes out, it does so from the default. False: it is something else. */
bool failures_parse(const char *string, struct failures *failures);

bool failures_include(const struct failures *failures, const struct end *end);

#endif
