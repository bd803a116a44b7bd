/* SPDX-License-Identifier: MIT */
/* What an eval takes is known from the last stretch of the file. Nothing is decided before a share of what
 * may be written is there: a reset, which changes everything, is no measure. */
#include "replay/bound.h"

#define STRETCH_SHARE 16u /* of what may be written: one stretch */
#define LEAST_SHARE   4u  /* so much before anything is decided */
#define LOOKS_EVALS   1024u
/* Without being told, an FST writes a block whenever it has so much to pack: small to so large a file. */
#define BLOCK_BYTES (UINT64_C(128) << 20)
/* Of what may be written, so much is aimed at: what comes may take more than what was. */
#define AIM_PARTS 3u
#define AIM_OF    4u

void bound_begin(struct bound *bound, uint64_t most_bytes, bool in_blocks, uint64_t first_eval)
{
    *bound = (struct bound){
        .most_bytes = most_bytes,
        .in_blocks = in_blocks,
        .next_eval = first_eval,
        .first_eval = first_eval,
    };
}

/* After so many evals a block is to be written: what they take is not known before. */
static uint64_t evals_of_block(const struct bound *bound, uint64_t eval, uint64_t bytes)
{
    uint64_t evals = eval - bound->first_eval + 1;

    if (bytes <= bound->first_bytes)
        return evals;
    return bound->most_bytes / STRETCH_SHARE / ((bytes - bound->first_bytes) / evals + 1) / 2 + 1;
}

/* No eval takes more than the first dump does, at least in a VCD: so the file does not grow by more than a
 * stretch between two looks. */
static void plan(struct bound *bound, uint64_t eval, uint64_t bytes)
{
    uint64_t evals = bound->most_bytes / STRETCH_SHARE / (bound->first_bytes + 1);

    bound->wants_flush =
        bound->in_blocks && eval >= bound->block_eval && bound->most_bytes < STRETCH_SHARE / 2 * BLOCK_BYTES;
    if (bound->in_blocks) {
        evals = evals_of_block(bound, eval, bytes);
        if (bound->wants_flush)
            bound->block_eval = eval + evals;
    }
    bound->next_eval = eval + (evals < 1 ? 1 : evals > LOOKS_EVALS ? LOOKS_EVALS : evals);
}

static void mark(struct bound *bound, uint64_t eval, uint64_t bytes)
{
    bound->mark_eval = eval;
    bound->mark_bytes = bytes;
}

/* The number of evals that have room. */
static uint64_t evals_that_fit(const struct bound *bound)
{
    uint64_t aim = bound->most_bytes / AIM_OF * AIM_PARTS;
    uint64_t evals = aim > bound->first_bytes ? (aim - bound->first_bytes) / bound->eval_bytes : 0;

    return evals < 1 ? 1 : evals;
}

/* Is another stretch there? */
static bool measure(struct bound *bound, uint64_t eval, uint64_t bytes)
{
    if (!bound->begun) {
        bound->begun = true;
        bound->first_bytes = bytes;
        mark(bound, eval, bytes);
    }
    if (bytes < bound->mark_bytes) /* the testbench has removed some of it */
        mark(bound, eval, bytes);
    if (bytes - bound->mark_bytes < bound->most_bytes / STRETCH_SHARE || eval == bound->mark_eval)
        return false;
    bound->eval_bytes = (bytes - bound->mark_bytes) / (eval - bound->mark_eval) + 1;
    mark(bound, eval, bytes);
    return true;
}

uint64_t bound_look(struct bound *bound, uint64_t eval, uint64_t last_eval, uint64_t bytes)
{
    uint64_t rest = last_eval > eval ? last_eval - eval : 0;

    if (bound->most_bytes == 0 || eval < bound->next_eval)
        return 0;
    bool measured = measure(bound, eval, bytes);
    plan(bound, eval, bytes);
    if (!measured || last_eval == eval || bytes < bound->most_bytes / LEAST_SHARE)
        return 0;
    if (bytes < bound->most_bytes && rest <= (bound->most_bytes - bytes) / bound->eval_bytes)
        return 0;
    uint64_t fit = evals_that_fit(bound);
    return rest > fit ? last_eval - fit + 1 : eval + 1;
}
