/* SPDX-License-Identifier: MIT */
/* See live_look.h. What a snapshot holds is told as in the report. */
#include "live_look.h"

#include <errno.h>
#include <stdlib.h>

#include "live_bare.h"
#include "live_cards.h"
#include "snapshot/limits/memory_use.h"

static bool read_uses(const struct live_run *run, struct memory_use *original, struct memory_use *copies)
{
    if (run->pid != 0 && memory_use_read(run->pid, original) < 0)
        return false;
    for (size_t i = 0; i < run->count; i++)
        if (memory_use_read(run->snapshots[i].pid, &copies[i]) < 0)
            return false;
    return true;
}

static void measure(struct live_run *run)
{
    struct memory_use *copies = calloc(run->count + 1, sizeof *copies), original = {0};
    uint64_t *held = calloc(run->count + 1, sizeof *held);

    if (copies != NULL && held != NULL && run->count > 0 && read_uses(run, &original, copies)) {
        memory_use_divide(&original, copies, run->count, held);
        for (size_t i = 0; i < run->count; i++)
            run->snapshots[i].memory_bytes = held[i];
        run->is_measured = true;
    }
    free(copies);
    free(held);
}

static int compare(const void *left, const void *right)
{
    const struct live_run *a = left, *b = right;

    return a->original_pid < b->original_pid ? -1 : a->original_pid > b->original_pid;
}

int live_look(struct live *live, bool with_memory)
{
    *live = (struct live){.count = 0};
    if (!live_cards_add(live) || !live_bare_add(live)) {
        live_free(live);
        return -ENOMEM;
    }
    for (size_t i = 0; with_memory && i < live->count; i++)
        measure(&live->runs[i]);
    if (live->count > 0)
        qsort(live->runs, live->count, sizeof *live->runs, compare);
    return 0;
}
