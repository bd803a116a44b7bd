/* SPDX-License-Identifier: MIT */
/* For the hooks of input: are the answers of calls recorded here, or fed? One load, because every read()
 * asks. */
#ifndef LIGHTSSS_PRELOAD_RECORD_INPUT_MODE_H
#define LIGHTSSS_PRELOAD_RECORD_INPUT_MODE_H

#include <sys/uio.h>

#include "record/input.h"
#include "run/role.h"

enum input_mode {
    INPUT_NOT_CONCERNED, /* a process without a model, or a child of the original */
    INPUT_AWAITED, /* no eval yet: a call that begins now may come back in the original, or in a replay */
    INPUT_RECORDED,
    INPUT_FED,
};

static inline enum input_mode input_mode(void)
{
    uint32_t word = *role_word;

    if (word == ROLE_BYSTANDER || word == ROLE_REPLAY || word >= ROLE_UNSURE)
        return INPUT_NOT_CONCERNED;
    if (word == (ROLE_ORIGINAL | ROLE_LOG))
        return INPUT_RECORDED;
    return word == (ROLE_REPLAY | ROLE_LOG) ? INPUT_FED : INPUT_AWAITED;
}

/* Is there one more answer for input_feed()? */
bool input_has_answer(enum input_kind kind, uint64_t key);

/* input_record() of no more than the first `limit` bytes of the parts. */
void input_record_part(enum input_kind kind, uint64_t key, int64_t result, const struct iovec *parts,
                       int count, size_t limit);

#endif
