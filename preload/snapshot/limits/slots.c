/* SPDX-License-Identifier: MIT */
/* A queue in an array: at most 64 entries, so moving them up is as good as a ring and easier to read. */
#include "snapshot/limits/slots.h"

#include <stddef.h>
#include <string.h>

void slots_init(struct slots *slots, unsigned limit)
{
    if (limit < 1)
        limit = 1;
    if (limit > SLOTS_MAX)
        limit = SLOTS_MAX;
    memset(slots, 0, sizeof *slots);
    slots->limit = limit;
}

static void slots_drop(struct slots *slots, unsigned index)
{
    slots->count--;
    memmove(&slots->slot[index], &slots->slot[index + 1], (slots->count - index) * sizeof slots->slot[0]);
}

static unsigned count_placed(const struct slots *slots)
{
    unsigned count = 0;

    for (unsigned i = 0; i < slots->count; i++)
        count += !slots->slot[i].extra;
    return count;
}

/* Index of the first that is one beside the others, or is not; the number of slots where there is none. */
static unsigned find_first(const struct slots *slots, bool extra)
{
    unsigned i = 0;

    while (i < slots->count && slots->slot[i].extra != extra)
        i++;
    return i;
}

/* The oldest loses its place. */
static pid_t displace(struct slots *slots)
{
    struct slot *slot = &slots->slot[find_first(slots, false)];
    pid_t pid = slot->pid;

    if (slot->held) {
        slot->extra = true;
        return 0;
    }
    slots_drop(slots, (unsigned)(slot - slots->slot));
    return pid;
}

/* There is no more room for one beside the others. */
static pid_t drop_extra(struct slots *slots)
{
    unsigned index = find_first(slots, true);
    pid_t pid = slots->slot[index].pid;

    slots_drop(slots, index);
    return pid;
}

pid_t slots_push(struct slots *slots, pid_t pid, uint64_t number)
{
    pid_t evicted = count_placed(slots) == slots->limit ? displace(slots) : 0;

    if (slots->count == SLOTS_MAX)
        evicted = drop_extra(slots);
    slots->slot[slots->count++] = (struct slot){.pid = pid, .number = number};
    return evicted;
}

void slots_hold(struct slots *slots, bool (*is_wanted)(uint64_t number))
{
    for (unsigned i = 0; i < slots->count; i++)
        slots->slot[i].held = is_wanted(slots->slot[i].number);
}

pid_t slots_excess(const struct slots *slots)
{
    for (unsigned i = 0; i < slots->count; i++)
        if (slots->slot[i].extra && !slots->slot[i].held)
            return slots->slot[i].pid;
    return 0;
}

bool slots_is_extra(const struct slots *slots, uint64_t number)
{
    for (unsigned i = 0; i < slots->count; i++)
        if (slots->slot[i].number == number)
            return slots->slot[i].extra;
    return false;
}

const struct slot *slots_oldest(const struct slots *slots)
{
    return slots->count > 0 ? &slots->slot[0] : NULL;
}

pid_t slots_newest_pid(const struct slots *slots)
{
    return slots->count > 0 ? slots->slot[slots->count - 1].pid : 0;
}

bool slots_remove(struct slots *slots, pid_t pid)
{
    for (unsigned i = 0; i < slots->count; i++)
        if (slots->slot[i].pid == pid) {
            slots_drop(slots, i);
            return true;
        }
    return false;
}
