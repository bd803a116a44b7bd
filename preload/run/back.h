/* SPDX-License-Identifier: MIT */
/* LIGHTSSS_BACK: which of the parked snapshots is to replay. Original and copies ask the same and come to the
 * same answer, each by itself. Pure logic: where one dies without a word, the next answer is the next older
 * one, then the next younger. */
#ifndef LIGHTSSS_PRELOAD_RUN_BACK_H
#define LIGHTSSS_PRELOAD_RUN_BACK_H

#include <stdbool.h>
#include <stdint.h>

#include "options/options.h"
#include "run/shared_page.h"

/* The failure, from which is counted back. */
struct back_end {
    uint64_t eval; /* evals that had begun */
    uint64_t ns;   /* when; CLOCK_MONOTONIC */
};

/* The slot of the snapshot that is to replay, of those that live; NULL: there is none. */
struct shared_slot *back_choose(const struct options *options, struct shared_page *page,
                                const struct back_end *end, bool (*is_over)(int32_t pid));

#endif
