/* SPDX-License-Identifier: MIT */
/* Did the replay do what the original did? Pure logic. */
#ifndef LIGHTSSS_PRELOAD_RUN_VERDICT_H
#define LIGHTSSS_PRELOAD_RUN_VERDICT_H

#include <stdint.h>

#include "base/text.h"
#include "options/end.h"

enum verdict {
    VERDICT_REPRODUCED,
    VERDICT_DIVERGED,
    VERDICT_INCOMPLETE,
};

/* Compares the two ends and appends to *why, for anything but REPRODUCED, what was different. `output` says
 * where the replay has printed something else, "" where it has not. The replay's
 * end is END_NONE when nobody saw it end; END_KILL before the original's eval means that it was killed on its
 * way. An original that was killed or hung is reproduced by a replay that is stopped at its eval with the
 * same kind. */
enum verdict verdict_decide(const struct end *original, const struct end *replay, const char *output,
                            struct text *why);

/* Why a replay that was asked to finish (enum replay_asked, or a signal) did not come to its end. */
void verdict_explain_asked(uint32_t asked, const struct end *original, const struct end *end,
                           struct text *why);

/* "reproduced", "diverged", "incomplete" */
const char *verdict_name(enum verdict verdict);

#endif
