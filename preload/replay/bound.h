/* SPDX-License-Identifier: MIT */
/* LIGHTSSS_SIZE: is the waveform going to be too large? Then it begins anew, later. Pure logic. */
#ifndef LIGHTSSS_PRELOAD_REPLAY_BOUND_H
#define LIGHTSSS_PRELOAD_REPLAY_BOUND_H

#include <stdbool.h>
#include <stdint.h>

struct bound {
    uint64_t most_bytes;            /* 0: any size */
    bool in_blocks;                 /* it is written only when it is flushed, and packed (FST) */
    bool begun;                     /* the first eval was looked at */
    uint64_t next_eval;             /* when to look again */
    bool wants_flush;               /* a block is to be written now ... */
    uint64_t block_eval;            /* ... and the next one then */
    uint64_t first_eval;            /* its names, and the first dump, which has all values, ... */
    uint64_t first_bytes;           /* ... take so much */
    uint64_t mark_bytes, mark_eval; /* the stretch that is measured begins there */
    uint64_t eval_bytes;            /* what an eval took in the last one; 0: there was none yet */
};

/* A waveform begins with this eval. */
void bound_begin(struct bound *bound, uint64_t most_bytes, bool in_blocks, uint64_t first_eval);

/* This eval was dumped, and of the waveform so much is written. It is to end with last_eval; 0: nobody knows.
 * Returns the eval to begin anew with, behind this one; 0: it goes on. */
uint64_t bound_look(struct bound *bound, uint64_t eval, uint64_t last_eval, uint64_t bytes);

#endif
