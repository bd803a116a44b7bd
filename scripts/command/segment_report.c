/* SPDX-License-Identifier: MIT */
/* See segment_report.h. It is that of the run, of which the last waveform shows the end, with a member more.
 */
#include "segment_report.h"

#include <string.h>

#include "fields.h"

#define BEGINS "the waveform begins at eval "

/* Of one that is not over. It stays in the report where the command is killed, or the disk gets full. */
#define NOT_DONE "it was not done when this was written"

const char *segment_report_verdict(const struct segment *segment)
{
    const char *verdict = segment->why == NULL ? fields_text(segment->report, "replay.verdict") : NULL;

    return verdict != NULL ? verdict : "incomplete";
}

/* There was no room for all of it (LIGHTSSS_SIZE). */
static const char *find_gap(const struct segment *segment)
{
    const json_t *notes = fields_find(segment->report, "replay.notes"), *note;
    size_t i;

    json_array_foreach((json_t *)notes, i, note)
    {
        const char *line = json_string_value(note);
        if (line != NULL && strncmp(line, BEGINS, strlen(BEGINS)) == 0)
            return line;
    }
    return NULL;
}

const char *segment_report_why(const struct segment *segment)
{
    if (segment->why != NULL)
        return segment->why;
    if (segment->state != SEGMENT_OVER)
        return NOT_DONE;
    if (segment->report == NULL)
        return "it has no report";
    if (strcmp(segment_report_verdict(segment), "reproduced") == 0)
        return find_gap(segment);
    const char *why = fields_text(segment->report, "replay.why");
    return why != NULL ? why : "it does not say why";
}

static bool is_in(const json_t *notes, const json_t *note)
{
    const json_t *other;
    size_t i;

    json_array_foreach((json_t *)notes, i, other) if (json_equal(other, note)) return true;
    return false;
}

void segment_report_add_notes(json_t *notes, const struct segment *segment, void (*tell)(const char *note))
{
    const json_t *own = fields_find(segment->report, "replay.notes");
    json_t *note;
    size_t i;

    json_array_foreach((json_t *)own, i, note)
    {
        if (!json_is_string(note) || is_in(notes, note))
            continue;
        json_array_append(notes, note);
        if (tell != NULL)
            tell(json_string_value(note));
    }
}

/* Of the three the worst. */
static const char *worse(const char *verdict, const char *other)
{
    if (strcmp(verdict, "diverged") == 0 || strcmp(other, "reproduced") == 0)
        return verdict;
    return strcmp(other, "diverged") == 0 || strcmp(verdict, "reproduced") == 0 ? other : verdict;
}

static json_t *member_of(const struct segment *segment, const char *name)
{
    json_t *member = json_object_get(segment->report, name);

    return member != NULL ? json_incref(member) : json_null();
}

static json_t *describe(const struct segment *segment)
{
    json_t *json = json_object();
    double seconds;

    json_object_set_new(json, "number", json_integer(segment->number));
    json_object_set_new(json, "first_eval", json_integer((json_int_t)segment->first_eval));
    json_object_set_new(json, "last_eval", json_integer((json_int_t)segment->last_eval));
    json_object_set_new(json, "verdict", json_string(segment_report_verdict(segment)));
    if (segment_report_why(segment) != NULL)
        json_object_set_new(json, "why", json_string(segment_report_why(segment)));
    if (fields_real(segment->report, "replay.seconds", &seconds))
        json_object_set_new(json, "seconds", json_real(seconds));
    json_object_set_new(json, "snapshot", member_of(segment, "snapshot"));
    json_object_set_new(json, "wave", member_of(segment, "wave"));
    return json;
}

/* The one that did not go as the run did is named first. */
static json_t *verdict_of_all(const struct segment *segments, size_t count, double seconds)
{
    const char *verdict = "reproduced";
    json_t *json = json_object(), *notes = json_array();

    for (size_t i = 0; i < count; i++) {
        verdict = worse(verdict, segment_report_verdict(&segments[i]));
        segment_report_add_notes(notes, &segments[i], NULL);
    }
    json_object_set_new(json, "verdict", json_string(verdict));
    for (size_t i = 0; i < count; i++)
        if (json_object_get(json, "why") == NULL && strcmp(verdict, "reproduced") != 0 &&
            strcmp(verdict, segment_report_verdict(&segments[i])) == 0)
            json_object_set_new(
                json, "why",
                json_sprintf("segment %u: %s", segments[i].number, segment_report_why(&segments[i])));
    json_object_set_new(json, "seconds", json_real(seconds));
    if (json_array_size(notes) > 0)
        json_object_set(json, "notes", notes);
    json_decref(notes);
    return json;
}

/* The last that there is: those behind it may be missing. */
static json_t *last_wave(const struct segment *segments, size_t count)
{
    for (size_t i = count; i-- > 0;)
        if (fields_text(segments[i].report, "wave.path") != NULL)
            return member_of(&segments[i], "wave");
    return json_null();
}

json_t *segment_report_make(const json_t *run, const struct segment *segments, size_t count, double seconds)
{
    json_t *report = run != NULL ? json_deep_copy(run) : json_object();
    json_t *list = json_array();

    for (size_t i = 0; i < count; i++)
        json_array_append_new(list, describe(&segments[i]));
    json_object_set_new(report, "version", json_integer(1));
    json_object_set_new(report, "snapshot", member_of(&segments[0], "snapshot"));
    json_object_set_new(report, "replay", verdict_of_all(segments, count, seconds));
    json_object_set_new(report, "wave", last_wave(segments, count));
    json_object_set_new(report, "segments", list);
    json_object_set_new(report, "files", json_array());
    json_object_del(report, "kept");
    return report;
}
