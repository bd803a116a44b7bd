/* SPDX-License-Identifier: MIT */
/* What was parked: see snapshot_list.h. What it held can only be told while the original lives: what that
 * maps too is not held by its copies. */
#define _GNU_SOURCE
#include "report/snapshot_list.h"

#include <inttypes.h>
#include <stdbool.h>

#include "base/clock.h"
#include "base/kernel.h"
#include "base/other_process.h"
#include "base/u64.h"
#include "run/role.h"
#include "run/run.h"
#include "snapshot/limits/memory_use.h"

#define PATIENCE_NS (SECOND_NS / 4) /* of a processor, to look through the memory of all */

/* They are few. */
static void add(struct shared_snapshots *parked, const struct shared_slot *slot)
{
    uint32_t at = parked->count++;

    for (; at > 0 && parked->list[at - 1].number > slot->number; at--)
        parked->list[at] = parked->list[at - 1];
    parked->list[at].pid = atomic_load(&slot->pid);
    parked->list[at].number = slot->number;
    parked->list[at].eval = slot->eval;
    parked->list[at].time = slot->time;
    parked->list[at].age_evals = u64_difference(run.page->end.eval, slot->eval);
    parked->list[at].age_ns = u64_difference(atomic_load(&run.page->end_ns), slot->taken_ns);
    parked->list[at].held_bytes = 0;
}

static bool measure(struct shared_snapshots *parked)
{
    static struct memory_use copies[SHARED_PAGE_SLOTS];
    static uint64_t held_bytes[SHARED_PAGE_SLOTS];
    struct memory_use original;
    const uint64_t start_ns = clock_used_ns();

    if (!role_is_original() || memory_use_read(kernel_getpid(), &original) < 0)
        return false;
    for (uint32_t i = 0; i < parked->count; i++)
        if (clock_used_ns() - start_ns > PATIENCE_NS || memory_use_read(parked->list[i].pid, &copies[i]) < 0)
            return false;
    memory_use_divide(&original, copies, parked->count, held_bytes);
    for (uint32_t i = 0; i < parked->count; i++)
        parked->list[i].held_bytes = held_bytes[i];
    return true;
}

static bool is_there(pid_t pid)
{
    return pid != 0 && !other_process_is_over(pid);
}

/* Not the spare: that is the woken one once more. */
void snapshot_list_take(void)
{
    struct shared_snapshots *parked = &run.page->parked;

    if (parked->count > 0)
        return;
    for (unsigned i = 0; i < SHARED_PAGE_SPARE; i++)
        if (is_there(atomic_load(&run.page->slots[i].pid)))
            add(parked, &run.page->slots[i]);
    parked->is_measured = parked->count > 0 && measure(parked);
}

static void append_number(struct text *json, const char *key, bool is_known, uint64_t value)
{
    if (is_known)
        text_format(json, ", \"%s\": %" PRIu64, key, value);
    else
        text_format(json, ", \"%s\": null", key);
}

void snapshot_list_append(struct text *json)
{
    const struct shared_snapshots *parked = &run.page->parked;

    text_format(json, "[");
    for (uint32_t i = 0; i < parked->count && i < SHARED_PAGE_SLOTS; i++) {
        text_format(json, "%s{ \"number\": %" PRIu64 ", \"eval\": %" PRIu64,
                    i == 0 ? " " : ",\n                 ", parked->list[i].number, parked->list[i].eval);
        append_number(json, "time", parked->list[i].time != END_TIME_UNKNOWN, parked->list[i].time);
        text_format(json, ", \"age_evals\": %" PRIu64 ", \"age_s\": ", parked->list[i].age_evals);
        text_fixed(json, parked->list[i].age_ns, 9, 3);
        append_number(json, "memory_bytes", parked->is_measured, parked->list[i].held_bytes);
        text_format(json, " }");
    }
    text_format(json, " ]");
}
