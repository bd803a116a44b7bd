/* SPDX-License-Identifier: MIT */
/* How far a replay has come, in one short line for who waits for it. Pure logic. */
#ifndef LIGHTSSS_PRELOAD_REPORT_PROGRESS_WORDS_H
#define LIGHTSSS_PRELOAD_REPORT_PROGRESS_WORDS_H

#include <stdbool.h>
#include <stdint.h>

#include "base/text.h"

struct progress_words {
    uint64_t first_eval, last_eval;   /* complete at the snapshot; that of the failure, 0: it is no goal */
    uint64_t eval;                    /* complete now; 0: not known yet */
    uint64_t recent_evals, recent_ns; /* of late */
    bool is_dumping;                  /* before that the replay is faster than it will be */
};

/* Appends "replay 24%: 1.2M of 5.0M evals, 3.1M evals/s, at least 2 s left". */
void progress_words_describe(struct text *line, const struct progress_words *progress);

#endif
