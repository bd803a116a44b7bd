/* SPDX-License-Identifier: MIT */
/* Words for figures: see words.h. */
#include "words.h"

#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#include "fields.h"

#define STEP 1024.0
/* What the report says from the begin of a replay to its end. */
#define UNDER_WAY "the replay was killed before it was done"

void words_end(char words[WORDS_SIZE], const json_t *report)
{
    const char *kind = fields_text(report, "end.kind"), *signal = fields_text(report, "end.signal");
    bool ends_by_signal = kind != NULL && (strcmp(kind, "abort") == 0 || strcmp(kind, "signal") == 0 ||
                                           strcmp(kind, "kill") == 0);
    uint64_t status;

    if (ends_by_signal && signal != NULL)
        snprintf(words, WORDS_SIZE, "%s", signal);
    else if (kind != NULL && strcmp(kind, "exit") == 0 && fields_number(report, "end.status", &status))
        snprintf(words, WORDS_SIZE, "exit %" PRIu64, status);
    else
        snprintf(words, WORDS_SIZE, "%s", kind != NULL ? kind : "-");
}

bool words_is_under_way(const json_t *report)
{
    const char *why = fields_text(report, "replay.why");

    return why != NULL && strcmp(why, UNDER_WAY) == 0;
}

void words_number(char words[WORDS_SIZE], const json_t *report, const char *path)
{
    uint64_t value;

    if (fields_number(report, path, &value))
        snprintf(words, WORDS_SIZE, "%" PRIu64, value);
    else
        snprintf(words, WORDS_SIZE, "-");
}

void words_eval(char words[WORDS_SIZE], const json_t *report)
{
    uint64_t point;

    words_number(words, report,
                 fields_number(report, "end.point_eval", &point) ? "end.point_eval" : "end.eval");
}

void words_bytes(char words[WORDS_SIZE], uint64_t bytes)
{
    static const char units[] = "KMGTPE";
    double value = (double)bytes / STEP;
    const char *unit = units;

    if (bytes < (uint64_t)STEP) {
        snprintf(words, WORDS_SIZE, "%" PRIu64, bytes);
        return;
    }
    while (value >= STEP && unit[1] != '\0') {
        value /= STEP;
        unit++;
    }
    snprintf(words, WORDS_SIZE, "%.1f%c", value, *unit);
}

void words_when(char words[WORDS_SIZE], time_t when)
{
    struct tm parts;

    if (localtime_r(&when, &parts) == NULL || strftime(words, WORDS_SIZE, "%Y-%m-%d %H:%M", &parts) == 0)
        snprintf(words, WORDS_SIZE, "-");
}
