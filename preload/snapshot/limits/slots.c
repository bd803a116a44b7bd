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

pid_t slots_push(struct slots *slots, pid_t pid, uint64_t number)
{
    pid_t evicted = 0;

    if (slots->count == slots->limit) {
        evicted = slots->slot[0].pid;
        slots_drop(slots, 0);
    }
    slots->slot[slots->count++] = (struct slot){.pid = pid, .number = number};
    return evicted;
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
