/* SPDX-License-Identifier: MIT */
/* Beyond the failure: LIGHTSSS_AFTER, where the design itself has ended the run ($stop, $fatal, a failed
 * assertion). A replay that comes to that same end has its verdict, does not end there, and goes on for as
 * many evals as are asked for and the testbench makes. */
#ifndef LIGHTSSS_PRELOAD_REPLAY_BEYOND_H
#define LIGHTSSS_PRELOAD_REPLAY_BEYOND_H

#include <stdbool.h>
#include <stdint.h>

#include "base/text.h"
#include "run/verdict.h"

/* The original's last eval is due. */
void beyond_prepare(void);

/* May the eval behind it run that is due? */
bool beyond_includes(uint64_t eval);

/* Was the verdict taken at the failure? What it was; its reason is appended. */
bool beyond_has_verdict(void);

/* How many may come behind the failure, at most. */
uint64_t beyond_most_evals(void);
enum verdict beyond_verdict(struct text *why);

/* The replay ends: how many evals came is noted for the report. */
void beyond_ends(void);

#endif
