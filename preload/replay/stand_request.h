/* SPDX-License-Identifier: MIT */
/* Where a copy of a kept copy is to stand for a debugger. Pure logic. */
#ifndef LIGHTSSS_PRELOAD_REPLAY_STAND_REQUEST_H
#define LIGHTSSS_PRELOAD_REPLAY_STAND_REQUEST_H

#include <stdbool.h>
#include <stdint.h>

#include "base/text.h"

#define STAND_AT_END        UINT64_MAX
#define STAND_DEFAULT_EVALS UINT64_C(1000) /* before the end, or as many as there are */

struct stand_request {
    bool is_at;     /* `eval` is given */
    bool is_before; /* `evals` are */
    uint64_t eval;  /* that is about to run */
    uint64_t evals; /* before the end; 0: at the end */
};

/* Reads the strings of a message behind its first one. False: something is wrong, and `why` says what. */
bool stand_request_read(struct stand_request *request, const char *at, const char *end, struct text *why);

/* The eval that is about to run there, or STAND_AT_END, of a run that ended in end_eval, from a snapshot
 * behind snapshot_eval. races: evals have no numbers. False: it cannot be had, and `why` says why. */
bool stand_request_place(const struct stand_request *request, uint64_t snapshot_eval, uint64_t end_eval,
                         bool races, uint64_t *eval, struct text *why);

#endif
