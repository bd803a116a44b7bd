/* SPDX-License-Identifier: MIT */
/* The list itself: see live.h. */
#include "live.h"

#include <stdlib.h>

struct live_run *live_add(struct live *live)
{
    struct live_run *runs = realloc(live->runs, (live->count + 1) * sizeof *runs);

    if (runs == NULL)
        return NULL;
    live->runs = runs;
    runs[live->count] = (struct live_run){.pid = 0};
    return &runs[live->count++];
}

void live_clear(struct live_run *run)
{
    for (size_t i = 0; i < run->count; i++)
        free(run->snapshots[i].directory);
    free(run->snapshots);
    free(run->directory);
    *run = (struct live_run){.pid = 0};
}

void live_free(struct live *live)
{
    for (size_t i = 0; i < live->count; i++)
        live_clear(&live->runs[i]);
    free(live->runs);
    *live = (struct live){.count = 0};
}

/* A replay of a kept one is beside it, and has a spare. */
bool live_is_kept(const struct live_run *run)
{
    bool is_kept = false;

    for (size_t i = 0; i < run->count; i++) {
        const enum card_state state = run->snapshots[i].state;
        if (state == CARD_PARKED || state == CARD_REPLAYS)
            return false;
        is_kept = is_kept || state == CARD_KEPT || state == CARD_BESIDE;
    }
    return run->pid == 0 && is_kept;
}

bool live_replays(const struct live_run *run)
{
    for (size_t i = 0; i < run->count; i++)
        if (run->snapshots[i].state == CARD_REPLAYS)
            return true;
    return false;
}
