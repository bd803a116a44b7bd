/* SPDX-License-Identifier: MIT */
/* How far a run has come, and how fast it goes, by what its snapshots have put down. Pure logic. */
#ifndef LIGHTSSS_SCRIPTS_COMMAND_LIVE_RATE_H
#define LIGHTSSS_SCRIPTS_COMMAND_LIVE_RATE_H

#include "live.h"

struct live_rate {
    bool is_known;
    uint64_t evals, per_second_milli; /* thousandths of an eval */
};

/* now_ns: CLOCK_MONOTONIC. is_known: false where nobody has told anything for seconds, or too little. The
 * evals are those of the last word, 0 where there is none. */
struct live_rate live_rate(const struct live_run *run, uint64_t now_ns);

#endif
