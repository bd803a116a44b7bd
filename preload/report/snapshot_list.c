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

static struct {
    pid_t pid;
    uint64_t number, eval, time, age_evals, age_ns;
} list[SHARED_PAGE_SLOTS];
static size_t count;
static uint64_t held_bytes[SHARED_PAGE_SLOTS];
static bool is_measured;

/* They are few. */
static void add(const struct shared_slot *slot)
{
    size_t at = count++;

    for (; at > 0 && list[at - 1].number > slot->number; at--)
        list[at] = list[at - 1];
    list[at].pid = atomic_load(&slot->pid);
    list[at].number = slot->number;
    list[at].eval = slot->eval;
    list[at].time = slot->time;
    list[at].age_evals = u64_difference(run.page->end.eval, slot->eval);
    list[at].age_ns = u64_difference(atomic_load(&run.page->end_ns), slot->taken_ns);
}

static bool measure(void)
{
    static struct memory_use copies[SHARED_PAGE_SLOTS];
    struct memory_use original;
    const uint64_t start_ns = clock_used_ns();

    if (!role_is_original() || memory_use_read(kernel_getpid(), &original) < 0)
        return false;
    for (size_t i = 0; i < count; i++)
        if (clock_used_ns() - start_ns > PATIENCE_NS || memory_use_read(list[i].pid, &copies[i]) < 0)
            return false;
    memory_use_divide(&original, copies, count, held_bytes);
    return true;
}

static bool is_there(pid_t pid)
{
    return pid != 0 && !other_process_is_over(pid);
}

void snapshot_list_take(void)
{
    if (count > 0)
        return;
    for (unsigned i = 0; i < SHARED_PAGE_SLOTS; i++)
        if (is_there(atomic_load(&run.page->slots[i].pid)))
            add(&run.page->slots[i]);
    is_measured = count > 0 && measure();
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
    text_format(json, "[");
    for (size_t i = 0; i < count; i++) {
        text_format(json, "%s{ \"number\": %" PRIu64 ", \"eval\": %" PRIu64,
                    i == 0 ? " " : ",\n                 ", list[i].number, list[i].eval);
        append_number(json, "time", list[i].time != END_TIME_UNKNOWN, list[i].time);
        text_format(json, ", \"age_evals\": %" PRIu64 ", \"age_s\": ", list[i].age_evals);
        text_fixed(json, list[i].age_ns, 9, 3);
        append_number(json, "memory_bytes", is_measured, held_bytes[i]);
        text_format(json, " }");
    }
    text_format(json, " ]");
}
