/* SPDX-License-Identifier: MIT */
/* See point_words.h. */
#include "report/point_words.h"

#include <inttypes.h>
#include <string.h>

#include "base/log.h"
#include "run/run.h"

static bool is_point(void)
{
    return end_is_point(run.page->end.kind);
}

static bool is_time(const struct shared_point *point)
{
    return point->kind == END_AT && point->time != END_TIME_UNKNOWN;
}

static size_t line_length(const struct shared_point *point)
{
    return strnlen(point->line, sizeof point->line - 1);
}

static void append_place(struct text *text, const struct shared_point *point)
{
    if (is_time(point))
        text_format(text, "time %" PRIu64, point->time);
    else
        text_format(text, "eval %" PRIu64, point->first_eval);
    if (point->after_evals > 0)
        text_format(text, " and %" PRIu64 " eval%s after it", point->after_evals,
                    point->after_evals == 1 ? "" : "s");
}

void point_words_begin(struct text *line)
{
    const struct shared_point *point = &run.page->point;

    text_format(line, "%s (pid %d): a waveform up to ", run.program, run.page->original_pid);
    append_place(line, point);
    if (point->kind == END_TRIGGER)
        text_format(line, ", where it wrote to %.*s what LIGHTSSS_TRIGGER looks for: %.*s",
                    (int)sizeof point->place - 1, point->place, (int)line_length(point), point->line);
    else
        text_format(line, point->kind == END_AT ? ", as LIGHTSSS_AT says" : " is asked for");
}

void point_words_append(struct text *json)
{
    const struct shared_point *point = &run.page->point;

    if (!is_point())
        return;
    if (line_length(point) > 0) {
        text_format(json, ", \"line\": ");
        text_json(json, point->line, line_length(point));
        text_json_bytes(json, "line", point->line, line_length(point));
        text_format(json, ", \"line_in\": ");
        text_json(json, point->place, strnlen(point->place, sizeof point->place - 1));
        text_json_bytes(json, "line_in", point->place, strnlen(point->place, sizeof point->place - 1));
    }
    if (point->first_eval == point->last_eval)
        text_format(json, ", \"point_eval\": %" PRIu64, point->first_eval);
    if (is_time(point))
        text_format(json, ", \"point_time\": %" PRIu64, point->time);
    if (point->after_evals > 0)
        text_format(json, ", \"after_evals\": %" PRIu64, point->after_evals);
}

/* Columns of a log are of no use in a name. */
static void append_squeezed(struct text *name, const char *line, size_t length)
{
    for (size_t i = 0; i < length; i++)
        if (line[i] != ' ' || i + 1 == length || line[i + 1] != ' ')
            text_append(name, &line[i], 1);
}

void point_words_name(struct text *name)
{
    const struct shared_point *point = &run.page->point;

    if (!is_point())
        return;
    if (point->kind == END_TRIGGER) {
        append_squeezed(name, point->line, line_length(point));
        return;
    }
    text_format(name, "%s: ", point->kind == END_AT ? "LIGHTSSS_AT" : "request");
    append_place(name, point);
}

uint64_t point_words_time(void)
{
    const struct shared_replay *replay = &run.page->replay;
    bool is_known = (is_point() || replay->after_evals > 0) && replay->point_time != END_TIME_UNKNOWN;

    return is_known ? replay->point_time : replay->wave_last_time;
}

void point_words_not_made(struct text *line, unsigned count)
{
    text_format(line,
                count == 1 ? "%u more waveform that was wanted is not made"
                           : "%u more waveforms that were wanted are not made",
                count);
}

void point_words_left_out(struct text *line, uint64_t count, bool or_more)
{
    text_format(line,
                "%" PRIu64 " %s line%s matched LIGHTSSS_TRIGGER, of which there is no waveform: "
                "LIGHTSSS_TRIGGERS=%" PRIu64,
                count, or_more ? "and more" : "more", count == 1 ? "" : "s", run.options.triggers);
}

void point_words_lost(struct text *line)
{
    const uint32_t waiting = atomic_load(&run.page->points_waiting);
    const uint64_t left_out = atomic_load(&run.page->points_left_out);

    if (waiting > 0) {
        point_words_not_made(line, waiting);
        text_format(line, ": the simulator was killed%s", left_out > 0 ? "; " : "");
    }
    if (left_out > 0)
        point_words_left_out(line, left_out, false);
}

void point_words_say_lost(void)
{
    char bytes[SHARED_NOTE_SIZE];
    struct text line = text_in(bytes, sizeof bytes);

    point_words_lost(&line);
    if (line.length > 0)
        log_line(LOG_INFO, "%s", bytes);
}
