/* SPDX-License-Identifier: MIT */
/* What the user should know of a replay beyond its verdict: what it was refused, what it saw otherwise than
 * the original did. For the report; kept in memory that the original shares. */
#ifndef LIGHTSSS_PRELOAD_RUN_NOTES_H
#define LIGHTSSS_PRELOAD_RUN_NOTES_H

#include <stdbool.h>
#include <stddef.h>
#include <string.h>

/* Adds a line (no newline; cut at 159 bytes) unless it is there already. At most 16 different ones are kept,
 * then a last one that says so. Nothing happens outside a replay. Any thread, async-signal-safe. */
#define notes_add(...) notes_put(false, __VA_ARGS__)

/* The same for what explains a replay that went another way: should the verdict be `diverged`, the first of
 * these is added to its why. */
#define notes_add_cause(...) notes_put(true, __VA_ARGS__)
__attribute__((format(printf, 2, 3))) void notes_put(bool is_cause, const char *format, ...);

/* So begin notes on what the user has misspelt, or asks for in vain: he is told at once. */
#define NOTES_MISSING_CALL "LIGHTSSS_WAKE_CALL: there is no function "
#define NOTES_SCOPE        "LIGHTSSS_SCOPE: "
#define NOTES_DEPTH        "LIGHTSSS_DEPTH: "

/* The command asks this, too, of what stands in a report. */
static inline bool notes_is_for_user(const char *line)
{
    static const char *const begins[] = {NOTES_MISSING_CALL, NOTES_SCOPE, NOTES_DEPTH};

    for (size_t i = 0; i < sizeof begins / sizeof *begins; i++)
        if (strncmp(line, begins[i], strlen(begins[i])) == 0)
            return true;
    return false;
}

#endif
