/* SPDX-License-Identifier: MIT */
/* See live_rate.h. Each snapshot knows some moments of its original: the first eval, the one at which it was
 * taken, and those at which it has looked since. */
#include "live_rate.h"

#include <stddef.h>

#define MOMENTS_MAX 256u
#define WINDOW_NS   UINT64_C(900000000)  /* the rate is that of so long at least, where there is ... */
#define LEAST_NS    UINT64_C(1000000)    /* ... and of so long in any case */
#define STALE_NS    UINT64_C(6000000000) /* parked snapshots look every two seconds */

struct moment {
    uint64_t evals, ns;
};

static size_t collect(const struct live_run *run, struct moment list[MOMENTS_MAX])
{
    size_t count = 0;

    list[count++] = (struct moment){0, run->start_ns};
    for (size_t i = 0; i < run->count; i++) {
        const struct live_snapshot *snapshot = &run->snapshots[i];
        if (count + CARD_SAMPLES >= MOMENTS_MAX)
            break;
        list[count++] = (struct moment){snapshot->eval, snapshot->taken_ns};
        for (size_t j = 0; j < CARD_SAMPLES; j++) {
            const struct card_sample *sample = &snapshot->samples[j];
            if (sample->ns != 0 && sample->check == card_check(sample->evals, sample->ns))
                list[count++] = (struct moment){sample->evals, sample->ns};
        }
    }
    return count;
}

static struct moment newest_of(const struct moment *list, size_t count)
{
    struct moment newest = list[0];

    for (size_t i = 1; i < count; i++)
        if (list[i].ns > newest.ns)
            newest = list[i];
    return newest;
}

/* The youngest that lies long enough before it, else the oldest. */
static struct moment before(const struct moment *list, size_t count, struct moment newest)
{
    struct moment best = list[0];

    for (size_t i = 1; i < count; i++)
        if (list[i].ns > best.ns && list[i].ns + WINDOW_NS <= newest.ns)
            best = list[i];
    return best;
}

struct live_rate live_rate(const struct live_run *run, uint64_t now_ns)
{
    struct moment list[MOMENTS_MAX];
    const size_t count = collect(run, list);
    const struct moment last = newest_of(list, count), first = before(list, count, last);
    const uint64_t span_ns = last.ns > first.ns ? last.ns - first.ns : 0;
    struct live_rate rate = {.evals = last.evals};

    if (run->count == 0 || span_ns < LEAST_NS || last.evals < first.evals || now_ns > last.ns + STALE_NS)
        return rate;
    rate.is_known = true;
    rate.per_second_milli =
        (uint64_t)((unsigned __int128)(last.evals - first.evals) * 1000 * 1000000000u / span_ns);
    return rate;
}
