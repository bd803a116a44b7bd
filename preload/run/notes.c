/* SPDX-License-Identifier: MIT */
/* Notes of a replay: see notes.h. They are in the shared page, written by the replay alone; the original
 * reads them when the replay is gone. Signals are blocked while a line is added, so that the holder of the
 * lock is never interrupted by another note of its own thread. */
#define _GNU_SOURCE
#include "run/notes.h"

#include <stdatomic.h>
#include <string.h>

#include "base/spin_lock.h"
#include "base/text.h"
#include "run/role.h"
#include "run/run.h"

static atomic_flag busy = ATOMIC_FLAG_INIT;

static bool is_known(const struct shared_notes *notes, const char *line)
{
    for (unsigned i = 0; i < notes->count; i++)
        if (strcmp(notes->lines[i], line) == 0)
            return true;
    return false;
}

static void add(struct shared_notes *notes, const char *line)
{
    if (notes->count >= SHARED_NOTES_MAX || is_known(notes, line))
        return;
    const char *kept = notes->count == SHARED_NOTES_MAX - 1 ? "there was more than is noted here" : line;
    strcpy(notes->lines[notes->count], kept); /* NOLINT: both fit */
    notes->count++;
}

void notes_put(bool is_cause, const char *format, ...)
{
    char line[SHARED_NOTE_SIZE];
    struct text text = text_in(line, sizeof line);
    va_list arguments;

    if (role_kind() != ROLE_REPLAY)
        return;
    struct shared_notes *notes = &run.page->notes;
    va_start(arguments, format);
    text_vformat(&text, format, arguments);
    va_end(arguments);
    uint64_t mask = spin_lock_take(&busy);
    add(notes, line);
    if (is_cause && *notes->cause == '\0')
        memcpy(notes->cause, line, sizeof line);
    spin_lock_release(&busy, mask);
}
