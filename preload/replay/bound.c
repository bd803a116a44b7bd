/* SPDX-License-Identifier: MIT */
/* Nothing is decided before a share of what may be written is there: a reset, which changes everything, is no
 * measure. Then all that follows is measured, in one waveform after the other, where that is little enough.
 * Else it is measured in probes that come the closer the nearer the end is: what counts is the distance to
 * the end. What is left at the end may be too little: then another replay, which knows more, does better. */
#include "replay/bound.h"

#include "base/u64.h"
#include "run/rates.h"

#define STRETCH_SHARE 16u /* of what may be written: one stretch */
#define LEAST_SHARE   4u  /* so much before anything is decided */
#define LOOKS_EVALS   1024u
#define BLOCKS_LEFT   8u /* a block is so small a part of what is left */
/* Without being told, an FST writes a block whenever it has so much to pack: small to so large a file. */
#define BLOCK_BYTES (UINT64_C(128) << 20)
/* Of what may be written, so much is aimed at: what comes may take more than what was. */
#define AIM_PARTS 3u
#define AIM_OF    4u
/* And by what was measured: only the size of the first dump is not known, and of an FST how it is packed. */
#define SURE_PARTS       29u
#define SURE_BLOCK_PARTS 26u
#define SURE_OF          32u
#define TOLERATED_SHARE  8u
/* A waveform of so much is good enough. */
#define GOOD_PARTS  7u
#define GOOD_OF     10u
#define WORTH_SHARE 8u /* one that is larger by that is worth another replay */
/* So much is always measured. It takes a second or two. */
#define CHEAP_BYTES (UINT64_C(256) << 20)
#define CHEAP_TIMES 2u
/* Of the evals that are left, so many come before the next probe, and make one. */
#define PROBE_GAP   16u
#define PROBE_SHARE 64u
#define PROBE_HEADS 64u /* where a waveform's names take more of what may be written, probes are rare */
#define RARE_GAP    2u

void bound_begin(struct bound *bound, bool in_blocks, uint64_t first_eval)
{
    const struct bound begun = {
        .most_bytes = bound->most_bytes,
        .last_eval = bound->last_eval,
        .rates = bound->rates,
        .explores = bound->explores,
        .is_hurried = bound->is_hurried,
        .measured_bytes = bound->measured_bytes,
        .frame_bytes = bound->frame_bytes,
        .is_probe = bound->is_probe,
        .in_blocks = in_blocks,
        .next_eval = first_eval,
        .first_eval = first_eval,
        .mark_eval = first_eval - 1,
    };

    *bound = begun;
}

/* What comes is not known: by the last block. It is not much longer than that one, nor than a share of what
 * is left: where it begins and ends is all that is known of what is in it. */
static uint64_t evals_of_next_block(const struct bound *bound, uint64_t eval, uint64_t bytes)
{
    uint64_t most = bound->look_eval == 0 ? 1 : 2 * (eval - bound->look_eval), evals = most;
    uint64_t block_bytes = u64_difference(bytes, bound->look_bytes);

    if (bound->begun && block_bytes > 0)
        evals = u64_scaled(u64_difference(bound->look_eval, bound->earlier_eval),
                           bound->most_bytes / STRETCH_SHARE, block_bytes);
    if (bound->last_eval > eval)
        most = u64_min(most, (bound->last_eval - eval) / BLOCKS_LEFT);
    return u64_min(evals, most);
}

static uint64_t evals_of_known_block(const struct bound *bound, uint64_t eval)
{
    uint64_t evals = 1;

    while (eval + 2 * evals < bound->last_eval &&
           rates_bytes(bound->rates, eval + 1, eval + 2 * evals) < bound->most_bytes / STRETCH_SHARE)
        evals *= 2;
    return evals;
}

/* A VCD can be looked at whenever one likes. No eval takes more than the first dump does: so it does not grow
 * by more than a stretch between two looks. Of an FST a look is the end of a block, which is written with the
 * next dump. */
static void plan(struct bound *bound, uint64_t eval, uint64_t bytes)
{
    uint64_t evals = bound->most_bytes / STRETCH_SHARE / (bound->first_bytes + 1);
    bool is_known = !bound->explores && bound->rates->count > 0 && bound->last_eval > eval;

    bound->wants_flush = bound->in_blocks && bound->most_bytes < STRETCH_SHARE / 2 * BLOCK_BYTES;
    if (bound->in_blocks && is_known)
        evals = evals_of_known_block(bound, eval);
    else if (bound->in_blocks)
        evals = evals_of_next_block(bound, eval, bytes);
    bound->next_eval = eval + u64_min(u64_max(evals, 1), LOOKS_EVALS);
    bound->earlier_eval = bound->look_eval;
    bound->look_eval = eval;
    bound->look_bytes = bytes;
}

static void mark(struct bound *bound, uint64_t eval, uint64_t bytes)
{
    bound->mark_eval = eval;
    bound->mark_bytes = bytes;
    bound->blocks = 0;
}

static void note_block(struct bound *bound, uint64_t bytes)
{
    uint64_t block_bytes = u64_difference(bytes, bound->look_bytes);

    if (!bound->in_blocks || block_bytes == 0)
        return;
    if (bound->frame_bytes == 0 || block_bytes < bound->frame_bytes)
        bound->frame_bytes = block_bytes;
    bound->blocks += block_bytes < bound->most_bytes / STRETCH_SHARE / 2;
}

static bool begin(struct bound *bound, uint64_t eval, uint64_t bytes)
{
    if (bound->in_blocks && (bound->look_eval == 0 || bytes <= bound->look_bytes))
        return false;
    bound->begun = true;
    bound->first_bytes = bytes;
    note_block(bound, bytes);
    mark(bound, eval, bytes);
    return false;
}

/* A probe is long enough by its evals, too: where little changes they are the measure. */
static bool is_stretch(const struct bound *bound, uint64_t eval, uint64_t bytes)
{
    uint64_t left = u64_difference(bound->last_eval, bound->first_eval);

    if (eval == bound->mark_eval || bytes == bound->mark_bytes)
        return false;
    if (!bound->is_probe && !bound->is_hurried)
        return bytes - bound->mark_bytes >= bound->most_bytes / STRETCH_SHARE;
    return bytes - bound->mark_bytes >= bound->most_bytes / PROBE_SHARE ||
           eval - bound->mark_eval >= left / PROBE_SHARE + 1;
}

/* Many small blocks would be one. */
static void add(struct bound *bound, uint64_t eval, uint64_t bytes)
{
    uint64_t frames_bytes = bound->blocks > 1 ? (bound->blocks - 1) * bound->frame_bytes : 0;
    const struct shared_rate rate = {bound->mark_eval + 1, eval,
                                     u64_difference(bytes - bound->mark_bytes, frames_bytes)};

    bound->measured_bytes = u64_sum(bound->measured_bytes, bytes - bound->mark_bytes);
    rates_add(bound->rates, &rate, bound->last_eval);
}

/* Is another stretch there, which ends with this eval? */
static bool measure(struct bound *bound, uint64_t eval, uint64_t bytes)
{
    if (!bound->begun)
        return begin(bound, eval, bytes);
    if (bytes < bound->mark_bytes) /* the testbench has removed some of it */
        mark(bound, eval, bytes);
    note_block(bound, bytes);
    if (!is_stretch(bound, eval, bytes))
        return false;
    add(bound, eval, bytes);
    mark(bound, eval, bytes);
    return true;
}

/* Which eval is the next to be looked at? From `start` on there is room for all, if what is known is right.
 * Somewhat before that all is measured. */
static uint64_t next_probe(const struct bound *bound, uint64_t eval, uint64_t start)
{
    uint64_t left = bound->last_eval - eval, fit = bound->last_eval - start + 1;
    bool is_rare = bound->is_hurried || bound->first_bytes > bound->most_bytes / PROBE_HEADS;
    uint64_t gap = is_rare ? RARE_GAP : PROBE_GAP;
    uint64_t near = u64_difference(left, u64_sum(fit, fit / 2)), next = left / gap;

    return eval + u64_max(u64_min(near, next), 1);
}

/* What it takes now is no measure of the rest where that becomes less. */
static bool is_cheap(const struct bound *bound, uint64_t rest_bytes)
{
    return !bound->is_hurried &&
           (bound->measured_bytes < CHEAP_BYTES ||
            rest_bytes <= u64_sum(u64_product(bound->most_bytes, CHEAP_TIMES), CHEAP_BYTES));
}

static uint64_t begin_anew(struct bound *bound, uint64_t eval, uint64_t bytes, uint64_t rest_bytes)
{
    uint64_t room = u64_difference(bound->most_bytes / AIM_OF * AIM_PARTS, bound->first_bytes);
    uint64_t start = rates_begin(bound->rates, eval + 1, bound->last_eval, room);

    bound->is_probe = false;
    if (!bound->explores || start == eval + 1)
        return start;
    rest_bytes = u64_min(rest_bytes, rates_mean_bytes(bound->rates, bound->last_eval - eval));
    uint64_t next = is_cheap(bound, rest_bytes) ? eval + 1 : next_probe(bound, eval, start);
    if (next == eval + 1) /* it may grow by a stretch before the next look */
        return bytes < bound->most_bytes / STRETCH_SHARE * (STRETCH_SHARE - 1) ? 0 : next;
    bound->is_probe = true;
    return next;
}

/* A VCD can be cut to a few bytes; what an FST packs into its last block cannot be foreseen. */
static uint64_t tolerated_bytes(const struct bound *bound)
{
    return u64_sum(bound->most_bytes, bound->in_blocks ? bound->most_bytes / TOLERATED_SHARE : 0);
}

uint64_t bound_look(struct bound *bound, uint64_t eval, uint64_t bytes)
{
    if (bound->most_bytes == 0 || eval < bound->next_eval)
        return 0;
    bool measured = measure(bound, bound->in_blocks ? bound->look_eval : eval, bytes);
    plan(bound, eval, bytes);
    if (bound->last_eval == 0) /* nobody knows how much is to come */
        return measured && bytes >= bound->most_bytes ? eval + 1 : 0;
    if (!measured || bound->last_eval <= eval ||
        (!bound->is_probe && bytes < bound->most_bytes / LEAST_SHARE))
        return 0;
    uint64_t rest_bytes = rates_bytes(bound->rates, eval + 1, bound->last_eval);
    bound->is_probe = bound->is_probe && rest_bytes > bound->most_bytes;
    /* Where it was begun by what is known, it may end with a block more. */
    uint64_t allowed_bytes = bound->explores ? bound->most_bytes : tolerated_bytes(bound);
    if (u64_sum(bytes, rest_bytes) <= allowed_bytes)
        return 0;
    return begin_anew(bound, eval, bytes, rest_bytes);
}

uint64_t bound_again(struct bound *bound, uint64_t asked_eval, uint64_t bytes)
{
    const uint64_t part = bound->most_bytes / SURE_OF;

    if (bound->most_bytes == 0 || !bound->explores || bound->last_eval == 0)
        return 0;
    if (bytes > bound->mark_bytes)
        add(bound, bound->last_eval, bytes);
    bool is_too_large = bytes > tolerated_bytes(bound);
    bool is_whole = bound->first_eval <= asked_eval || bytes >= bound->most_bytes / GOOD_OF * GOOD_PARTS;
    if (is_whole && !is_too_large)
        return 0;
    uint64_t room = part * (bound->in_blocks ? SURE_BLOCK_PARTS : SURE_PARTS);
    uint64_t start =
        rates_begin(bound->rates, asked_eval, bound->last_eval, u64_difference(room, bound->first_bytes));
    if (start == bound->first_eval || is_too_large)
        return start == bound->first_eval ? 0 : start;
    uint64_t then_bytes = u64_sum(bound->first_bytes, rates_bytes(bound->rates, start, bound->last_eval));
    return then_bytes > u64_sum(bytes, bytes / WORTH_SHARE) ? start : 0;
}
