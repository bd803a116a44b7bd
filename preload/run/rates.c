/* SPDX-License-Identifier: MIT */
/* Stretches in the order of their evals, each with its sum: see rates.h. Walked from the end to the front,
 * piece by piece: what was measured, and what lies between. */
#include "run/rates.h"

#include <string.h>

#include "base/u64.h"

#define MILLION UINT64_C(1000000)

static uint64_t evals_of(const struct shared_rate *rate)
{
    return u64_sum(u64_difference(rate->last_eval, rate->first_eval), 1);
}

/* So many evals like these. */
static uint64_t bytes_like(const struct shared_rate *rate, uint64_t evals)
{
    return u64_scaled(rate->bytes, evals, evals_of(rate));
}

/* Those before this one: how many there are. */
static uint32_t count_before(const struct shared_rates *rates, uint64_t eval)
{
    uint32_t count = rates->count;

    while (count > 0 && rates->list[count - 1].first_eval >= eval)
        count--;
    return count;
}

/* What was not measured lies between two, or beside one. */
static uint64_t bytes_between(const struct shared_rates *rates, uint32_t before, uint64_t evals)
{
    uint64_t bytes = 0;

    if (before > 0)
        bytes = bytes_like(&rates->list[before - 1], evals);
    if (before < rates->count)
        bytes = u64_max(bytes, bytes_like(&rates->list[before], evals));
    return bytes;
}

/* The piece that ends with this eval, or the end of it. */
static struct shared_rate piece_up_to(const struct shared_rates *rates, uint64_t eval)
{
    uint32_t before = count_before(rates, eval + 1);
    struct shared_rate piece = {.first_eval = 1, .last_eval = eval};

    if (before > 0 && rates->list[before - 1].last_eval >= eval) {
        const struct shared_rate *rate = &rates->list[before - 1];
        piece.first_eval = rate->first_eval;
        piece.bytes = bytes_like(rate, evals_of(&piece));
        return piece;
    }
    if (before > 0)
        piece.first_eval = rates->list[before - 1].last_eval + 1;
    piece.bytes = bytes_between(rates, before, evals_of(&piece));
    return piece;
}

/* Its end, from this eval on. */
static void cut(struct shared_rate *piece, uint64_t first_eval)
{
    if (piece->first_eval >= first_eval)
        return;
    const struct shared_rate end = {.first_eval = first_eval, .last_eval = piece->last_eval};
    piece->bytes = bytes_like(piece, evals_of(&end));
    piece->first_eval = first_eval;
}

uint64_t rates_bytes(const struct shared_rates *rates, uint64_t first_eval, uint64_t last_eval)
{
    uint64_t bytes = 0;

    while (last_eval >= first_eval && last_eval > 0) {
        struct shared_rate piece = piece_up_to(rates, last_eval);
        cut(&piece, first_eval);
        bytes = u64_sum(bytes, piece.bytes);
        last_eval = piece.first_eval - 1;
    }
    return bytes;
}

uint64_t rates_mean_bytes(const struct shared_rates *rates, uint64_t evals)
{
    struct shared_rate all = {.first_eval = 1};

    for (uint32_t i = 0; i < rates->count && i < SHARED_RATES_MAX; i++) {
        all.last_eval += evals_of(&rates->list[i]);
        all.bytes = u64_sum(all.bytes, rates->list[i].bytes);
    }
    return all.last_eval == 0 ? 0 : bytes_like(&all, evals);
}

uint64_t rates_begin(const struct shared_rates *rates, uint64_t earliest_eval, uint64_t last_eval,
                     uint64_t bytes)
{
    uint64_t begin = last_eval + 1;

    while (begin > earliest_eval && begin > 1) {
        struct shared_rate piece = piece_up_to(rates, begin - 1);
        cut(&piece, earliest_eval);
        if (piece.bytes > bytes) {
            begin -= u64_scaled(bytes, evals_of(&piece), piece.bytes);
            break;
        }
        bytes -= piece.bytes;
        begin = piece.first_eval;
    }
    return begin > last_eval ? last_eval : begin;
}

/* How coarse these two would be as one: their share of what there is from them on to the end. */
static uint64_t coarseness(const struct shared_rate *pair, uint64_t last_eval, uint64_t bytes_behind)
{
    uint64_t evals = pair[1].last_eval - pair[0].first_eval + 1;
    uint64_t bytes = u64_sum(pair[0].bytes, pair[1].bytes);

    return u64_max(u64_scaled(MILLION, evals, u64_sum(u64_difference(last_eval, pair[0].first_eval), 1)),
                   u64_scaled(MILLION, bytes, u64_sum(u64_sum(bytes, bytes_behind), 1)));
}

static uint32_t least_needed(const struct shared_rates *rates, uint64_t last_eval)
{
    uint64_t least = UINT64_MAX, bytes_behind = 0;
    uint32_t found = 0;

    for (uint32_t i = rates->count - 1; i-- > 0;) {
        uint64_t share = coarseness(&rates->list[i], last_eval, bytes_behind);
        if (share < least) {
            least = share;
            found = i;
        }
        bytes_behind = u64_sum(bytes_behind, rates->list[i + 1].bytes);
    }
    return found;
}

static void merge_two(struct shared_rates *rates, uint64_t last_eval)
{
    uint32_t first = least_needed(rates, last_eval);
    struct shared_rate *one = &rates->list[first], *other = one + 1;

    one->bytes = rates_bytes(rates, one->first_eval, other->last_eval);
    one->last_eval = other->last_eval;
    rates->count--;
    memmove(other, other + 1, (rates->count - first - 1) * sizeof *other);
}

void rates_add(struct shared_rates *rates, const struct shared_rate *added, uint64_t last_eval)
{
    uint32_t count = rates->count;

    if (added->last_eval < added->first_eval || added->first_eval == 0 ||
        (count > 0 && rates->list[count - 1].last_eval >= added->first_eval))
        return;
    if (count == SHARED_RATES_MAX)
        merge_two(rates, last_eval);
    rates->list[rates->count++] = *added;
}
