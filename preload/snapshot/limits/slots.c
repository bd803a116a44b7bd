/* SPDX-License-Identifier: MIT */
/* A list in an array: at most 64 entries, so moving them up is as good as a ring and easier to read. */
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

/* Of those that are there only because they are held, if there are any. */
static unsigned find_oldest(const struct slots *slots)
{
    for (unsigned i = 0; i < slots->count; i++)
        if (slots->slot[i].extra)
            return i;
    return 0;
}

pid_t slots_push(struct slots *slots, const struct slot *slot)
{
    pid_t evicted = 0;

    if (slots->count == SLOTS_MAX) {
        unsigned index = find_oldest(slots);
        evicted = slots->slot[index].pid;
        slots_drop(slots, index);
    }
    slots->slot[slots->count++] = *slot;
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

const struct slot *slots_newest(const struct slots *slots)
{
    return slots->count > 0 ? &slots->slot[slots->count - 1] : NULL;
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
