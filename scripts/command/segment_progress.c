/* SPDX-License-Identifier: MIT */
/* See segment_progress.h. How far each replay is it tells nobody but its own kept snapshot. */
#include "segment_progress.h"

#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

#include "base/terminal.h"

#define FIRST_S   0.5 /* what is done by then needs no such line */
#define LINE_SIZE 160
#define ERASE     "\r\033[K"

static bool is_drawn;

bool segment_progress_begin(void)
{
    terminal_note(getenv("TERM"), getenv("NO_COLOR"));
    return terminal_columns(STDERR_FILENO) != 0;
}

static size_t count_in(const struct segment *segments, size_t count, enum segment_state state)
{
    size_t found = 0;

    for (size_t i = 0; i < count; i++)
        found += segments[i].state == state;
    return found;
}

/* In the background it would be drawn over what somebody else writes, and a held terminal (Ctrl-S) would hold
 * us. */
void segment_progress_draw(const struct segment *segments, size_t count, double seconds)
{
    const unsigned columns = terminal_columns(STDERR_FILENO);
    char line[LINE_SIZE];

    if (seconds < FIRST_S || columns < 2 || !terminal_is_ready(STDERR_FILENO))
        return;
    snprintf(line, sizeof line, "lightsss: segments: %zu of %zu done, %zu at work, %.0f s",
             count_in(segments, count, SEGMENT_OVER), count, count_in(segments, count, SEGMENT_RUNS),
             seconds);
    fprintf(stderr, ERASE "%.*s", (int)columns - 1, line);
    is_drawn = true;
}

void segment_progress_clear(void)
{
    if (is_drawn && terminal_columns(STDERR_FILENO) != 0)
        fputs(ERASE, stderr);
    is_drawn = false;
}
