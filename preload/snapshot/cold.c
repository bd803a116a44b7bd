/* SPDX-License-Identifier: MIT */
/* Evals on cold caches: see cold.h. */
#include "snapshot/cold.h"

#include "base/u64.h"
#include "snapshot/median.h"

#define WINDOW_NS   UINT64_C(10000000) /* of processors: on a busy machine that takes several times as long */
#define MOST_NS     UINT64_C(50000000) /* who looks so late has seen other things, ... */
#define LATE_NS     UINT64_C(500000000) /* ... and who waits that long has waited for something else */
#define LEAST_EVALS 64u                 /* two evals may do different things */
#define LEAST       4u                  /* samples; fewer may be chance */
#define SELDOM      16u                 /* snapshots, when all samples are there */

void cold_init(struct cold *cold)
{
    *cold = (struct cold){.state = COLD_IDLE};
}

/* Evals that are faster after a snapshot are chance. */
static uint64_t more_ns(const struct cold *cold)
{
    int64_t ns = median(cold->more_ns, u64_min(cold->samples, COLD_SAMPLES));

    return ns < 0 ? 0 : (uint64_t)ns;
}

static void begin_window(struct cold *cold, struct cold_now now)
{
    cold->since = now;
    cold->due_ns = now.ns + WINDOW_NS;
}

uint64_t cold_begin(struct cold *cold, struct cold_now now)
{
    uint64_t paid_ns = 0;

    cold->snapshots++;
    cold->unpaid++;
    if (cold->samples >= LEAST) {
        paid_ns = u64_product(more_ns(cold), cold->unpaid);
        cold->unpaid = 0;
    }
    bool is_timed = cold->samples < COLD_SAMPLES || cold->snapshots % SELDOM == 0;
    cold->state = is_timed ? COLD_JUST_AFTER : COLD_IDLE;
    begin_window(cold, now);
    return paid_ns;
}

uint64_t cold_due_ns(const struct cold *cold)
{
    return cold->state == COLD_IDLE ? UINT64_MAX : cold->due_ns;
}

static uint64_t used_since(const struct cold_now *since, const struct cold_now *now)
{
    uint64_t copies_ns = u64_product(u64_difference(now->faults, since->faults), since->page_ns);

    return u64_difference(u64_difference(now->used_ns, since->used_ns), copies_ns);
}

static void add(struct cold *cold, uint64_t usual_ns)
{
    cold->more_ns[cold->samples++ % COLD_SAMPLES] = (int64_t)cold->used_ns - (int64_t)usual_ns;
}

void cold_look(struct cold *cold, struct cold_now now)
{
    uint64_t all_ns = u64_difference(now.used_ns, cold->since.used_ns);
    uint64_t used_ns = used_since(&cold->since, &now);
    uint64_t evals = u64_difference(now.evals, cold->since.evals);

    if (now.ns < cold_due_ns(cold))
        return;
    if (all_ns >= MOST_NS || now.ns >= cold->since.ns + LATE_NS) {
        cold->state = COLD_IDLE;
    } else if (all_ns < WINDOW_NS / 2 || evals < LEAST_EVALS) {
        cold->due_ns = now.ns + WINDOW_NS;
    } else if (cold->state == COLD_JUST_AFTER) {
        cold->used_ns = used_ns;
        cold->evals = evals;
        cold->state = COLD_USUAL;
        begin_window(cold, now);
    } else {
        add(cold, u64_scaled(used_ns, cold->evals, evals));
        cold->state = COLD_IDLE;
    }
}
