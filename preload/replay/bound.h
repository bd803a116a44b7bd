/* SPDX-License-Identifier: MIT */
/* LIGHTSSS_SIZE: is the waveform going to be too large? Then it begins anew, later. Where another replay can
 * go on in the place of this one, this one also learns what evals take, so that the other one begins where
 * the end just fits. Pure logic. */
#ifndef LIGHTSSS_PRELOAD_REPLAY_BOUND_H
#define LIGHTSSS_PRELOAD_REPLAY_BOUND_H

#include <stdbool.h>
#include <stdint.h>

#include "run/shared_page.h"

struct bound {
    /* of the replay */
    uint64_t most_bytes;        /* 0: any size */
    uint64_t last_eval;         /* the waveform is to end there; 0: nobody knows */
    struct shared_rates *rates; /* what evals take */
    bool explores;              /* another replay can follow */
    bool is_hurried;            /* learning has taken its time: what is left is only probed */
    uint64_t measured_bytes;    /* in all waveforms so far */
    uint64_t frame_bytes;       /* the smallest block of an FST: all values, and next to no changes */
    /* of the waveform that is open */
    bool in_blocks;                 /* it is written only when it is flushed, and packed (FST) */
    bool begun;                     /* the first eval was looked at */
    bool is_probe;                  /* it was begun to learn what evals take there */
    uint64_t next_eval;             /* when to look again */
    bool wants_flush;               /* a block is to be written now */
    uint64_t look_eval, look_bytes; /* the last look ... */
    uint64_t earlier_eval;          /* ... and the one before it, 0: there was none */
    unsigned blocks;                /* in the stretch that is measured */
    uint64_t first_eval;            /* its names, and the first dump, which has all values, ... */
    uint64_t first_bytes;           /* ... take so much */
    uint64_t mark_bytes, mark_eval; /* the stretch that is measured begins behind that eval */
};

/* A waveform begins with this eval. */
void bound_begin(struct bound *bound, bool in_blocks, uint64_t first_eval);

/* This eval was dumped, and of the waveform so much is written. Returns the eval to begin anew with, behind
 * this one; 0: it goes on. */
uint64_t bound_look(struct bound *bound, uint64_t eval, uint64_t bytes);

/* The waveform is closed, and is so large. It was to begin with that eval. Returns with which one another
 * replay would begin a better one; 0: it is as good as can be. */
uint64_t bound_again(struct bound *bound, uint64_t asked_eval, uint64_t bytes);

#endif
