/* SPDX-License-Identifier: MIT */
/* What evals take in the waveform, stretch by stretch: measured by one replay, and used by it and by the one
 * that goes on in its place. Between two stretches that were measured nothing is known, and the dearer of
 * them is assumed. Pure logic. */
#ifndef LIGHTSSS_PRELOAD_RUN_RATES_H
#define LIGHTSSS_PRELOAD_RUN_RATES_H

#include <stdint.h>

#include "run/shared_page.h"

/* These evals took so much; they come after all that were added before, else nothing happens. Where there is
 * no place left, neighbours become one, far from the last eval sooner than near it. */
void rates_add(struct shared_rates *rates, const struct shared_rate *added, uint64_t last_eval);

/* What these take together. 0: nothing is known at all. */
uint64_t rates_bytes(const struct shared_rates *rates, uint64_t first_eval, uint64_t last_eval);

/* What so many would take by all that was measured. */
uint64_t rates_mean_bytes(const struct shared_rates *rates, uint64_t evals);

/* The earliest eval, not before the earliest one, from which on to the last they take so much at most. One
 * there always is. */
uint64_t rates_begin(const struct shared_rates *rates, uint64_t earliest_eval, uint64_t last_eval,
                     uint64_t bytes);

#endif
