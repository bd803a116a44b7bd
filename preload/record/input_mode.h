/* SPDX-License-Identifier: MIT */
/* For the hooks of input: are the answers of calls recorded here, or fed? One load, because every read()
 * asks. */
#ifndef LIGHTSSS_PRELOAD_RECORD_INPUT_MODE_H
#define LIGHTSSS_PRELOAD_RECORD_INPUT_MODE_H

#include <stdint.h>
#include <sys/uio.h>

#include "record/input.h"

enum input_mode {
    INPUT_NOT_CONCERNED, /* a process without a model, or a child of the original */
    INPUT_AWAITED, /* no eval yet: a call that begins now may come back in the original, or in a replay */
    INPUT_RECORDED,
    INPUT_FED,
};

/* In memory that a forked child finds zero. */
extern const volatile uint32_t *input_mode_word;

static inline enum input_mode input_mode(void)
{
    return (enum input_mode) * input_mode_word;
}

/* Is there one more answer for input_feed()? */
bool input_has_answer(enum input_kind kind, uint64_t key);

/* input_record() of no more than the first `limit` bytes of the parts. */
void input_record_part(enum input_kind kind, uint64_t key, int64_t result, const struct iovec *parts,
                       int count, size_t limit);

#endif
