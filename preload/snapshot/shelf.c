/* SPDX-License-Identifier: MIT */
/* See shelf.h. Who stays is ladder's to say, and who is killed is burial's to look after: a snapshot of a
 * large simulator needs milliseconds to give its page tables back, and is not waited for. */
#define _GNU_SOURCE
#include "snapshot/shelf.h"

#include <assert.h>
#include <inttypes.h>
#include <stdatomic.h>

#include "base/log.h"
#include "base/often.h"
#include "snapshot/burial.h"
#include "snapshot/dismiss.h"
#include "snapshot/limits/ladder.h"
#include "snapshot/precopy.h"

static_assert(SLOTS_MAX == AGES_SNAPSHOTS, "LIGHTSSS_SLOTS and LIGHTSSS_AGES together");
static_assert(SLOTS_PLACES == SHARED_PAGE_SPARE, "each has its place in the page");

static OFTEN_WRITTEN struct slots slots;
static OFTEN_WRITTEN bool has_killed;
static struct shared_page *page;
static const struct ages *ages;
static enum shelf_input (*input_of)(unsigned place);

void shelf_begin(struct shared_page *shared_page, const struct options *options,
                 enum shelf_input (*input)(unsigned place))
{
    page = shared_page;
    ages = &options->ages;
    input_of = input;
    has_killed = false;
    slots_init(&slots, ages_newest(ages, options->slots));
}

const struct slots *shelf_slots(void)
{
    return &slots;
}

unsigned shelf_place(const struct shared_slot *slot)
{
    return (unsigned)(slot - page->slots);
}

int shelf_oldest_place(void)
{
    const struct slot *oldest = slots_oldest(&slots);

    return oldest != NULL ? (int)oldest->place : SHELF_NONE;
}

bool shelf_has_killed(void)
{
    bool result = has_killed;

    has_killed = false;
    return result;
}

/* Its place is free from now on. lingers: it was told to end, and does so by itself. */
static void end(struct shared_slot *slot, bool lingers)
{
    if (dismiss_snapshot(slot, lingers))
        has_killed = true;
    atomic_store(&slot->pid, 0);
}

/* While the newest copies pages it lingers, so as not to take time from that. */
static void evict(pid_t pid)
{
    struct shared_slot *slot = shared_page_slot(page, pid);
    uint64_t newest = slots_newest(&slots)->number;

    slots_remove(&slots, pid);
    end(slot, precopy_leave(page, slot, newest));
}

static void evict_excess(void)
{
    pid_t pid;

    while ((pid = slots_excess(&slots)) != 0)
        evict(pid);
}

void shelf_thin(uint64_t now_ns, uint64_t eval)
{
    ladder_mark(ages, &slots, now_ns, eval);
    evict_excess();
}

bool shelf_hold(bool (*is_wanted)(uint64_t number))
{
    const unsigned count = slots.count;

    slots_hold(&slots, is_wanted);
    evict_excess();
    return slots.count < count;
}

void shelf_put(const struct shared_slot *slot)
{
    const struct slot newest = {
        .pid = atomic_load(&slot->pid),
        .place = shelf_place(slot),
        .number = slot->number,
        .eval = slot->eval,
        .taken_ns = slot->taken_ns,
    };
    pid_t evicted = slots_push(&slots, &newest);

    if (evicted != 0)
        evict(evicted);
    shelf_thin(newest.taken_ns, newest.eval);
}

void shelf_refuse(struct shared_slot *slot)
{
    log_line(LOG_DEBUG, "snapshot %" PRIu64 " is given up: the simulator has begun to end", slot->number);
    end(slot, false);
}

/* Words for the debugging user; NULL: the oldest may stay. */
static const char *why_not(const struct slot *oldest)
{
    enum shelf_input input = input_of(oldest->place);

    if (input == SHELF_INPUT_LOST)
        return "some of the input since was not kept";
    if (input == SHELF_INPUT_LONG && slots.count > slots.limit)
        return "the input since takes up half of what can be kept";
    return NULL;
}

void shelf_thin_by_input(void)
{
    const char *why;

    while (slots.count > 1 && (why = why_not(slots_oldest(&slots))) != NULL) {
        log_line(LOG_DEBUG, "snapshot %" PRIu64 " is given up: %s", slots_oldest(&slots)->number, why);
        shelf_forget_oldest();
    }
}

void shelf_forget(struct shared_slot *slot)
{
    slots_remove(&slots, atomic_load(&slot->pid));
    end(slot, false);
}

void shelf_forget_oldest(void)
{
    shelf_forget(shared_page_slot(page, slots_oldest(&slots)->pid));
}

struct shared_slot *shelf_oldest(void)
{
    const struct slot *oldest;

    while ((oldest = slots_oldest(&slots)) != NULL) {
        struct shared_slot *slot = shared_page_slot(page, oldest->pid);
        if (!burial_reap(oldest->pid))
            return slot;
        atomic_store(&slot->pid, 0);
        slots_remove(&slots, oldest->pid);
    }
    return NULL;
}
