/* SPDX-License-Identifier: MIT */
/* The price of copied pages: see cost.h. The kernel tells its time in ticks, so that only the sum of many
 * windows says something. */
#include "snapshot/cost.h"

#include <sys/resource.h>

#include "base/clock.h"
#include "base/kernel.h"
#include "base/u64.h"

#define PAGE          4096u
#define WINDOW_NS     UINT64_C(100000000)
#define QUIET_SHARE   1000u                 /* copies take less than that part of a quiet window */
#define QUIET_MOST_NS UINT64_C(10000000000) /* older ones count half when there are so many */

/* Memory that the simulator touches for the first time is no copy. */
static struct cost_sum window(const struct cost *cost, struct cost_now now)
{
    uint64_t grown = u64_difference(now.peak_bytes, cost->last.peak_bytes) / PAGE;

    return (struct cost_sum){
        .ns = u64_difference(now.ns, cost->last.ns),
        .system_ns = u64_difference(now.system_ns, cost->last.system_ns),
        .copied = u64_difference(u64_difference(now.faults, cost->last.faults), grown),
    };
}

static void add(struct cost_sum *sum, const struct cost_sum *window)
{
    sum->ns += window->ns;
    sum->system_ns += window->system_ns;
    sum->copied += window->copied;
}

struct cost_now cost_read(void)
{
    struct rusage usage = {.ru_minflt = 0};

    kernel_getrusage(RUSAGE_SELF, &usage);
    return (struct cost_now){
        .ns = clock_ns(),
        .system_ns = ((uint64_t)usage.ru_stime.tv_sec * 1000000 + (uint64_t)usage.ru_stime.tv_usec) * 1000,
        .faults = (uint64_t)usage.ru_minflt,
        .peak_bytes = (uint64_t)usage.ru_maxrss * 1024,
    };
}

void cost_init(struct cost *cost, struct cost_now now)
{
    *cost = (struct cost){.last = now};
}

static void close_window(struct cost *cost, struct cost_now now)
{
    struct cost_sum last = window(cost, now);

    if (last.ns < WINDOW_NS)
        return;
    cost->last = now;
    if (last.copied * COST_PAGE_NS >= last.ns / QUIET_SHARE) {
        add(&cost->busy, &last);
        return;
    }
    cost->busy.copied += last.copied;
    add(&cost->quiet, &last);
    if (cost->quiet.ns > QUIET_MOST_NS) {
        cost->quiet.ns /= 2;
        cost->quiet.system_ns /= 2;
    }
}

/* What the simulator would have spent in the kernel by itself meanwhile. */
static uint64_t own_ns(const struct cost *cost)
{
    if (cost->quiet.ns == 0)
        return 0;
    return (uint64_t)((unsigned __int128)cost->quiet.system_ns * cost->busy.ns / cost->quiet.ns);
}

void cost_look(struct cost *cost, struct cost_now now, bool is_shared)
{
    close_window(cost, now);
    if (!is_shared)
        return;
    uint64_t measured_ns = u64_difference(cost->busy.system_ns, own_ns(cost));
    uint64_t least_ns = cost->busy.copied * COST_PAGE_NS, most_ns = cost->busy.copied * COST_PAGE_MOST_NS;
    cost->copies_ns =
        u64_min(u64_max(measured_ns, least_ns), most_ns) + window(cost, now).copied * COST_PAGE_NS;
}

void cost_pay(struct cost *cost, uint64_t ns, bool is_system)
{
    cost->paid_ns += ns;
    if (is_system)
        cost->last.system_ns += ns;
}

void cost_begin(struct cost *cost, struct cost_now now, uint64_t stall_ns)
{
    cost->before_ns += cost_ns(cost);
    cost->paid_ns = stall_ns;
    cost->copies_ns = 0;
    cost->last = now;
    cost->busy = (struct cost_sum){0};
}

uint64_t cost_copied(const struct cost *cost)
{
    return cost->busy.copied;
}

uint64_t cost_ns(const struct cost *cost)
{
    return cost->paid_ns + cost->copies_ns;
}

uint64_t cost_total_ns(const struct cost *cost)
{
    return cost->before_ns + cost_ns(cost);
}
