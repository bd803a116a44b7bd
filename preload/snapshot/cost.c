/* SPDX-License-Identifier: MIT */
/* The price of copied pages: see cost.h. The kernel tells its time in ticks, so that only the sum of many
 * windows says something. */
#include "snapshot/cost.h"

#include <sys/resource.h>

#include "base/clock.h"
#include "base/kernel.h"
#include "base/u64.h"

#define PAGE           4096u
#define WINDOW_NS      UINT64_C(100000000) /* at least; the longer, the longer ago the snapshot is */
#define WINDOW_PART    2u                  /* of that time */
#define QUIET_SHARE    1000u               /* copies take less than that part of a quiet window */
#define QUIET_LEAST_NS UINT64_C(500000000)
#define SMALL_BYTES    (UINT64_C(64) << 20)
#define QUIET_MOST_NS  UINT64_C(10000000000) /* older ones count half when there are so many */
#define KNOWN_MOST_NS  UINT64_C(1000000000)  /* the same of earlier snapshots */
#define TRUST_NS       UINT64_C(40000000)    /* so much of them counts as much as COST_PAGE_NS */
#define TICK_NS        UINT64_C(4000000)
#define FIRST_OFF      4u

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

static void begin(struct cost *cost, struct cost_now now)
{
    cost->begun = cost->last = now;
    cost->grown_bytes = 0;
    cost->due_ns = now.ns + WINDOW_NS;
}

struct cost_now cost_read(void)
{
    struct rusage usage = {.ru_minflt = 0};

    kernel_getrusage(RUSAGE_SELF, &usage);
    return (struct cost_now){
        .ns = clock_ns(),
        .system_ns = ((uint64_t)usage.ru_stime.tv_sec * 1000000 + (uint64_t)usage.ru_stime.tv_usec) * 1000,
        .user_ns = ((uint64_t)usage.ru_utime.tv_sec * 1000000 + (uint64_t)usage.ru_utime.tv_usec) * 1000,
        .faults = (uint64_t)usage.ru_minflt,
        .peak_bytes = (uint64_t)usage.ru_maxrss * 1024,
    };
}

/* For how much one page has been copied so far, with all snapshots. */
uint64_t cost_page_ns(const struct cost *cost)
{
    uint64_t page_ns = (cost->known.ns + TRUST_NS) / (cost->known.copied + TRUST_NS / COST_PAGE_NS);

    return u64_min(u64_max(page_ns, COST_PAGE_LEAST_NS), COST_PAGE_MOST_NS);
}

/* What the simulator would have spent in the kernel by itself meanwhile. */
static uint64_t own_ns(const struct cost *cost)
{
    return cost->quiet.ns == 0 ? 0 : u64_scaled(cost->quiet.system_ns, cost->busy.ns, cost->quiet.ns);
}

static uint64_t measured_ns(const struct cost *cost)
{
    return u64_difference(cost->busy.system_ns, own_ns(cost));
}

/* Of what was measured and what was expected each counts by how far it may be off: the one by chance, as time
 * is told in ticks, the other by as much as it is, and by more as long as little is known. */
static uint64_t weighed_ns(const struct cost *cost, uint64_t expected_ns)
{
    uint64_t measured = measured_ns(cost), most_ns = u64_max(measured, expected_ns);
    uint64_t off_us = expected_ns / 1000 * (cost->known.ns < TRUST_NS ? FIRST_OFF : 1);
    uint64_t expected_off = u64_product(off_us, off_us);
    uint64_t chance_off = TICK_NS / 1000 * ((most_ns + own_ns(cost)) / 1000) + 1;
    uint64_t sum = u64_sum(expected_off, chance_off);

    return u64_scaled(measured, expected_off, sum) + u64_scaled(expected_ns, chance_off, sum);
}

static uint64_t copies_ns(const struct cost *cost)
{
    uint64_t page_ns = cost_page_ns(cost), pages = cost->busy.copied;
    uint64_t ns = weighed_ns(cost, pages * page_ns);

    ns = u64_min(u64_max(ns, pages * COST_PAGE_LEAST_NS), pages * COST_PAGE_MOST_NS);
    return ns + cost->few_copied * page_ns;
}

void cost_init(struct cost *cost, struct cost_now now)
{
    *cost = (struct cost){.paid_ns = 0};
    begin(cost, now);
}

static void close_window(struct cost *cost, struct cost_now now)
{
    struct cost_sum last = window(cost, now);

    if (last.ns < WINDOW_NS)
        return;
    cost->last = now;
    cost->due_ns = now.ns + u64_max(WINDOW_NS, u64_difference(now.ns, cost->begun.ns) / WINDOW_PART);
    if (last.copied * cost_page_ns(cost) >= last.ns / QUIET_SHARE) {
        add(&cost->busy, &last);
        return;
    }
    cost->few_copied += last.copied;
    add(&cost->quiet, &last);
    if (cost->quiet.ns > QUIET_MOST_NS) {
        cost->quiet.ns /= 2;
        cost->quiet.system_ns /= 2;
    }
}

bool cost_is_due(const struct cost *cost, uint64_t now_ns)
{
    return now_ns >= cost->due_ns;
}

uint64_t cost_due_ns(const struct cost *cost)
{
    bool is_small = cost->last.peak_bytes < SMALL_BYTES;

    return is_small && cost->quiet.ns >= QUIET_LEAST_NS ? UINT64_MAX : cost->due_ns;
}

void cost_look(struct cost *cost, struct cost_now now, bool is_shared)
{
    close_window(cost, now);
    cost->grown_bytes = u64_difference(now.peak_bytes, cost->begun.peak_bytes);
    if (is_shared)
        cost->copies_ns = copies_ns(cost) + window(cost, now).copied * cost_page_ns(cost);
}

void cost_pay(struct cost *cost, uint64_t ns, bool is_system)
{
    cost->paid_ns += ns;
    if (is_system)
        cost_leave_out(cost, ns);
}

void cost_leave_out(struct cost *cost, uint64_t ns)
{
    cost->last.system_ns += ns;
}

/* What the last one has taught. */
static void learn(struct cost *cost)
{
    cost->known.ns += u64_min(measured_ns(cost), cost->busy.copied * COST_PAGE_MOST_NS);
    cost->known.copied += cost->busy.copied;
    while (cost->known.ns > KNOWN_MOST_NS) {
        cost->known.ns /= 2;
        cost->known.copied /= 2;
    }
}

void cost_begin(struct cost *cost, struct cost_now now, uint64_t stall_ns)
{
    learn(cost);
    cost->before_ns += cost_ns(cost);
    cost->paid_ns = stall_ns;
    cost->copies_ns = cost->few_copied = 0;
    cost->busy = (struct cost_sum){0};
    begin(cost, now);
}

uint64_t cost_copied(const struct cost *cost)
{
    return cost->busy.copied + cost->few_copied;
}

uint64_t cost_ns(const struct cost *cost)
{
    return cost->paid_ns + cost->copies_ns;
}

uint64_t cost_next_ns(const struct cost *cost)
{
    return cost_ns(cost) + cost->grown_bytes / PAGE * COST_PAGE_LEAST_NS;
}

uint64_t cost_total_ns(const struct cost *cost)
{
    return cost->before_ns + cost_ns(cost);
}
