/* SPDX-License-Identifier: MIT */
/* The limit on memory: see memory_limit.h. A snapshot keeps what the original writes over: each such page is
 * a fault of the original. It keeps what the original gives back, too, which no fault tells of; so it is
 * measured now and then even where faults say that there is no need. */
#include "snapshot/limits/memory_limit.h"

#include <string.h>

#include "base/clock.h"
#include "base/u64.h"

#define MIB              (UINT64_C(1) << 20)
#define LOOK_NS          SECOND_NS          /* others take memory too */
#define LOOK_BYTES       MIB                /* less than that changes nothing */
#define MEASURE_NS       SECOND_NS          /* to be sure ... */
#define MEASURE_SHARE    1000u              /* ... and never more than that part of the run time */
#define URGENT_SHARE     20u                /* the same where the estimate is past the limit */
#define RESERVE_BYTES    (64 * MIB)         /* left for the original whatever the limit is ... */
#define RESERVE_SHARE    16u                /* ... or that part of a small machine or control group */
#define RESERVE_LOOKS    2u                 /* ... or so many times what it takes in QUIET_LEAST_NS */
#define RESERVE_MOST     4u                 /* ... but not more than that part of it all */
#define NS_PER_KIB       3u                 /* measuring walks page tables: 10 ns a page */
#define QUIET_LEAST_NS   UINT64_C(10000000) /* between two looks near what snapshots may hold, ... */
#define QUIET_SMALL_NS   UINT64_C(1000000)  /* ... where that is little, ... */
#define QUIET_PAST       4u                 /* ... as this part of it may be held more; ... */
#define QUIET_MOST_NS    SECOND_NS          /* ... and where there is much memory; ... */
#define QUIET_RESERVE    2u                 /* ... with little, that part of the reserve may go */
#define BYTES_PER_NS     4u                 /* no process takes memory faster */
#define QUIET_SHARE      16u                /* of what is left: so little is not worth a look */
#define LOOKS_REMEMBERED 4u                 /* growth is forgotten in about so many looks */

void memory_limit_now(struct memory_now *now, uint64_t ns, uint64_t fault_bytes, uint64_t peak_bytes)
{
    uint64_t faults = u64_difference(fault_bytes, now->fault_bytes);
    uint64_t grown = u64_difference(peak_bytes, now->peak_bytes);

    now->ns = ns;
    now->fault_bytes = u64_max(now->fault_bytes, fault_bytes);
    now->peak_bytes = u64_max(now->peak_bytes, peak_bytes);
    now->touched_bytes = u64_sum(now->touched_bytes, u64_max(faults, grown));
    now->copied_bytes = u64_sum(now->copied_bytes, u64_difference(faults, grown));
}

void memory_limit_init(struct memory_limit *limit, const struct options_memory *option,
                       const struct memory_now *now)
{
    memset(limit, 0, sizeof *limit);
    limit->option = *option;
    limit->left.left_bytes = UINT64_MAX;
    limit->held_at = *now;
    limit->look_bytes = now->touched_bytes;
    limit->look_ns = now->ns;
    limit->measured_ns = now->ns;
}

void memory_limit_look(struct memory_limit *limit, const struct memory_now *now)
{
    uint64_t grown_bytes = u64_difference(now->touched_bytes, limit->look_bytes);
    uint64_t passed_ns = u64_difference(now->ns, limit->look_ns);

    if (passed_ns > QUIET_LEAST_NS)
        grown_bytes = u64_scaled(grown_bytes, QUIET_LEAST_NS, passed_ns);
    limit->look_ns = now->ns;
    limit->look_bytes = now->touched_bytes;
    limit->growth_bytes -= limit->growth_bytes / LOOKS_REMEMBERED;
    limit->growth_bytes = u64_max(limit->growth_bytes, grown_bytes);
}

/* What must be left for the original. */
static uint64_t reserve_bytes(const struct memory_limit *limit)
{
    uint64_t of_bytes = limit->left.of_bytes;

    return u64_min(u64_max(u64_min(RESERVE_BYTES, of_bytes / RESERVE_SHARE),
                           u64_product(limit->growth_bytes, RESERVE_LOOKS)),
                   of_bytes / RESERVE_MOST);
}

uint64_t memory_limit_allowed(const struct memory_limit *limit, uint64_t held_bytes)
{
    if (limit->option.bytes != 0)
        return limit->option.bytes;
    if (limit->left.left_bytes == UINT64_MAX)
        return UINT64_MAX;
    unsigned __int128 all = (unsigned __int128)limit->left.left_bytes + held_bytes;
    return (uint64_t)(all * limit->option.share_ppm / OPTIONS_PPM);
}

uint64_t memory_limit_estimate(const struct memory_limit *limit, const struct slots *slots,
                               const struct memory_now *now)
{
    const struct slot *oldest = slots_oldest(slots);

    if (oldest == NULL)
        return 0;
    uint64_t since_measured =
        u64_sum(limit->held_bytes, u64_difference(now->copied_bytes, limit->held_at.copied_bytes));
    uint64_t since_oldest = u64_sum(u64_difference(now->copied_bytes, limit->copied_at[oldest->place]),
                                    u64_product(limit->table_bytes, slots->count));
    return limit->held_is_exact ? since_measured : u64_min(since_measured, since_oldest);
}

bool memory_limit_is_stale(const struct memory_limit *limit, const struct memory_now *now)
{
    uint64_t touched_bytes = u64_difference(now->touched_bytes, limit->left_at.touched_bytes);

    if (limit->left_is_old || u64_difference(now->ns, limit->left_at.ns) >= LOOK_NS)
        return true;
    return touched_bytes >=
           u64_max(LOOK_BYTES, u64_difference(limit->left.left_bytes, reserve_bytes(limit)) / 4);
}

/* How long measuring takes; a guess where that was never done: the original, and the copy. */
static uint64_t measure_ns(const struct memory_limit *limit, const struct memory_now *now)
{
    return limit->measure_ns != 0 ? limit->measure_ns : (now->peak_bytes / 1024) * NS_PER_KIB * 2;
}

static bool measure_is_due(const struct memory_limit *limit, const struct memory_now *now, uint64_t least_ns,
                           uint64_t share)
{
    return limit->measure_ns != UINT64_MAX && now->ns > limit->measured_ns &&
           now->ns - limit->measured_ns >= u64_max(least_ns, u64_product(measure_ns(limit, now), share));
}

static enum memory_step step_by_limit(const struct memory_limit *limit, uint64_t held_bytes,
                                      const struct memory_now *now)
{
    uint64_t allowed_bytes = memory_limit_allowed(limit, held_bytes);
    bool is_exact = limit->held_is_exact && limit->held_at.fault_bytes == now->fault_bytes;

    if (held_bytes <= allowed_bytes)
        return measure_is_due(limit, now, MEASURE_NS, MEASURE_SHARE) ? MEMORY_MEASURE : MEMORY_ENOUGH;
    if (is_exact || limit->measure_ns == UINT64_MAX)
        return MEMORY_PAST;
    /* The first is never too dear: it may save a snapshot. So may the one after another was given up. */
    if (limit->measure_ns == 0 || limit->held_is_old || measure_is_due(limit, now, 0, URGENT_SHARE))
        return MEMORY_MEASURE;
    return held_bytes > u64_product(allowed_bytes, 2) ? MEMORY_PAST : MEMORY_ENOUGH;
}

bool memory_limit_is_short(const struct memory_limit *limit)
{
    return limit->left.left_bytes < reserve_bytes(limit);
}

static bool is_promised(const struct commit *commit)
{
    return commit->is_strict && commit->left_bytes < commit_reserve_bytes(commit);
}

enum memory_step memory_limit_step(const struct memory_limit *limit, const struct slots *slots,
                                   const struct memory_now *now)
{
    if (slots_oldest(slots) == NULL)
        return MEMORY_ENOUGH;
    if (memory_limit_is_stale(limit, now))
        return MEMORY_LOOK;
    if (memory_limit_is_short(limit))
        return MEMORY_SHORT;
    if (is_promised(&limit->left.commit))
        return MEMORY_PROMISED;
    return step_by_limit(limit, memory_limit_estimate(limit, slots, now), now);
}

void memory_limit_left(struct memory_limit *limit, const struct memory_left *left,
                       const struct memory_now *now)
{
    limit->left = *left;
    limit->left_at = *now;
    limit->left_is_old = false;
}

void memory_limit_held(struct memory_limit *limit, uint64_t bytes, uint64_t took_ns,
                       const struct memory_now *now)
{
    limit->measured_ns = now->ns;
    if (bytes == UINT64_MAX) {
        limit->measure_ns = UINT64_MAX; /* not again */
        return;
    }
    limit->measure_ns = u64_max(took_ns, 1);
    limit->held_bytes = bytes;
    limit->held_at = *now;
    limit->held_is_exact = true;
    limit->held_is_old = false;
    limit->most_bytes = u64_max(limit->most_bytes, bytes);
}

void memory_limit_gave_up(struct memory_limit *limit)
{
    limit->left_is_old = true;
    limit->held_is_exact = false;
    limit->held_is_old = true;
}

void memory_limit_taken(struct memory_limit *limit, unsigned place, const struct memory_now *now)
{
    limit->copied_at[place] = now->copied_bytes;
    limit->charge_at[place] = limit->left.commit.charge_bytes;
    limit->left_is_old = limit->left_is_old || limit->left.commit.is_strict;
    limit->held_bytes = u64_sum(limit->held_bytes, limit->table_bytes);
    limit->held_is_exact = false; /* the oldest may have lost its place */
}

/* For how long what is left lasts. What was touched since it was asked is gone. How much came between the
 * last looks says little where the original had to wait for a processor meanwhile. */
static uint64_t lasts_ns(const struct memory_limit *limit, const struct memory_now *now)
{
    uint64_t touched_bytes = u64_difference(now->touched_bytes, limit->left_at.touched_bytes);
    uint64_t reserve = reserve_bytes(limit);
    uint64_t room_bytes = u64_difference(limit->left.left_bytes, u64_sum(reserve, touched_bytes));

    return u64_max(room_bytes, reserve / QUIET_RESERVE) / BYTES_PER_NS;
}

static uint64_t room_ns(uint64_t allowed_bytes, uint64_t held_bytes)
{
    uint64_t past_ns = u64_max(allowed_bytes / QUIET_PAST / BYTES_PER_NS, QUIET_SMALL_NS);

    return u64_max(u64_difference(allowed_bytes, held_bytes) / BYTES_PER_NS,
                   u64_min(past_ns, QUIET_LEAST_NS));
}

/* Each holds at most what the original had when it was taken. */
uint64_t memory_limit_quiet_ns(const struct memory_limit *limit, const struct slots *slots,
                               const struct memory_now *now)
{
    uint64_t most_bytes = u64_product(u64_sum(now->peak_bytes, limit->table_bytes), slots->count);
    uint64_t held_bytes = memory_limit_estimate(limit, slots, now);
    uint64_t allowed_bytes = memory_limit_allowed(limit, held_bytes);
    uint64_t ns = u64_min(lasts_ns(limit, now), QUIET_MOST_NS);

    if (limit->left.commit.is_strict) /* memory is promised at once, however much it is */
        return slots->count == 0 ? QUIET_LEAST_NS : u64_min(ns, QUIET_LEAST_NS);
    if (slots->count == 0)
        return UINT64_MAX;
    if (most_bytes > allowed_bytes)
        return u64_min(ns, room_ns(allowed_bytes, held_bytes));
    return ns == QUIET_MOST_NS && most_bytes <= limit->left.left_bytes / QUIET_SHARE ? UINT64_MAX : ns;
}

uint64_t memory_limit_fresh_bytes(const struct memory_limit *limit)
{
    return u64_sum(limit->table_bytes, limit->growth_bytes);
}

enum memory_step memory_limit_fresh(const struct memory_limit *limit, const struct slots *slots,
                                    const struct memory_now *now)
{
    uint64_t held_bytes = memory_limit_estimate(limit, slots, now);

    if (limit->left.left_bytes < u64_product(reserve_bytes(limit), 2))
        return MEMORY_SHORT;
    if (!commit_has_room(&limit->left.commit))
        return MEMORY_PROMISED;
    /* Those that are there would go first. */
    return memory_limit_fresh_bytes(limit) > memory_limit_allowed(limit, held_bytes) ? MEMORY_PAST
                                                                                     : MEMORY_ENOUGH;
}

uint64_t memory_limit_spare(const struct memory_limit *limit, const struct slots *slots,
                            const struct memory_now *now)
{
    uint64_t held_bytes = u64_sum(memory_limit_estimate(limit, slots, now), memory_limit_fresh_bytes(limit));

    return u64_min(u64_difference(memory_limit_allowed(limit, held_bytes), held_bytes),
                   u64_difference(limit->left.left_bytes, u64_product(reserve_bytes(limit), 2)));
}

static uint64_t charge_of(const struct memory_limit *limit, const struct slot *slot)
{
    return limit->charge_at[slot->place];
}

bool memory_limit_may_replace(const struct memory_limit *limit, const struct slots *slots)
{
    struct commit commit = limit->left.commit;

    if (slots_oldest(slots) == NULL)
        return false;
    commit.left_bytes = u64_sum(commit.left_bytes, charge_of(limit, slots_oldest(slots)));
    return commit_has_room(&commit);
}

bool memory_limit_may_help(const struct memory_limit *limit, const struct slots *slots,
                           uint64_t refused_bytes)
{
    uint64_t charged_bytes = 0;

    for (unsigned i = 0; i < slots->count; i++)
        charged_bytes = u64_sum(charged_bytes, charge_of(limit, &slots->slot[i]));
    return commit_is_to_blame(&limit->left.commit, charged_bytes, refused_bytes);
}

bool memory_limit_is_dangerous(const struct memory_limit *limit)
{
    return limit->left.left_bytes < u64_min(2 * RESERVE_BYTES, limit->left.of_bytes / RESERVE_MOST);
}
