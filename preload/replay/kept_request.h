/* SPDX-License-Identifier: MIT */
/* What a replay from a kept copy is asked for: settings in the place of the run's options, and a stretch of
 * it. Pure logic. */
#ifndef LIGHTSSS_PRELOAD_REPLAY_KEPT_REQUEST_H
#define LIGHTSSS_PRELOAD_REPLAY_KEPT_REQUEST_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/text.h"
#include "options/options.h"

struct kept_request {
    uint64_t from_eval, until_eval; /* 0: as the run's options say; as it ended */
    uint64_t into, segment;         /* of several: see shared_page.h; 0: it is one by itself */
    const char *term, *no_color;    /* of the user's terminal; NULL: not given */
};

/* Reads the strings of a message behind its first one. Values stay where they are. False: something is wrong,
 * and `why` says what. */
bool kept_request_read(struct kept_request *request, struct options *options, const char *at, const char *end,
                       struct text *why);

/* Can it be had from a snapshot behind that eval, of a run that ended in that one? */
bool kept_request_fits(const struct kept_request *request, uint64_t snapshot_eval, uint64_t end_eval,
                       struct text *why);

#endif
