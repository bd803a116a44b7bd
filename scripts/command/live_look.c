/* SPDX-License-Identifier: MIT */
/* See live_look.h. What a snapshot holds is told as in the report. */
#include "live_look.h"

#include <errno.h>
#include <stdlib.h>

#include "live_bare.h"
#include "live_cards.h"
#include "others.h"
#include "snapshot/limits/memory_use.h"

static bool has_ended(int error)
{
    return error == -ENOENT || error == -ESRCH;
}

static void drop_snapshot(struct live_run *run, size_t place)
{
    free(run->snapshots[place].directory);
    for (run->count--; place < run->count; place++)
        run->snapshots[place] = run->snapshots[place + 1];
}

/* Of all that are still there: each may have ended since it was found. False: one may not be looked at. */
static bool read_uses(struct live_run *run, struct memory_use *original, struct memory_use *copies)
{
    int r = run->pid != 0 ? memory_use_read(others_thread(run->pid), original) : 0;

    if (has_ended(r)) {
        *original = (struct memory_use){0};
        run->pid = 0;
        r = 0;
    }
    for (size_t i = 0; r == 0 && i < run->count;) {
        r = memory_use_read(others_thread(run->snapshots[i].pid), &copies[i]);
        if (r == 0)
            i++;
        else if (has_ended(r)) {
            drop_snapshot(run, i);
            r = 0;
        }
    }
    return r == 0;
}

static void measure(struct live_run *run)
{
    struct memory_use *copies = calloc(run->count + 1, sizeof *copies), original = {0};
    uint64_t *held = calloc(run->count + 1, sizeof *held);

    if (copies != NULL && held != NULL && run->count > 0 && read_uses(run, &original, copies) &&
        run->count > 0) {
        memory_use_divide(&original, copies, run->count, held);
        for (size_t i = 0; i < run->count; i++)
            run->snapshots[i].memory_bytes = held[i];
        run->is_measured = true;
    }
    free(copies);
    free(held);
}

/* Neither the simulator nor a snapshot is left. */
static void drop_ended(struct live *live)
{
    size_t kept = 0;

    for (size_t i = 0; i < live->count; i++)
        if (live->runs[i].pid != 0 || live->runs[i].count > 0)
            live->runs[kept++] = live->runs[i];
        else
            live_clear(&live->runs[i]);
    live->count = kept;
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
    for (size_t i = 0; i < live->count; i++) {
        if (with_memory)
            measure(&live->runs[i]);
        live->runs[i].is_stopped = live->runs[i].pid != 0 && others_is_stopped(live->runs[i].pid);
    }
    drop_ended(live);
    if (live->count > 0)
        qsort(live->runs, live->count, sizeof *live->runs, compare);
    return 0;
}
