/* SPDX-License-Identifier: MIT */
/* The line: see timeline.h. It begins with the oldest that was parked: of a run of a billion evals the rest
 * would be all that there is to see. Places are shares of the width, so that the text keeps its size on a
 * telephone. */
#include "timeline.h"

#include <inttypes.h>

#include "fields.h"

#define WIDTH  9800u /* between the margins */
#define MARGIN 100u
#define LEAST  60u /* so wide is the window at least */

static void widen(struct timeline *timeline, uint64_t eval)
{
    if (eval < timeline->first)
        timeline->first = eval;
    if (eval > timeline->last)
        timeline->last = eval;
}

static void add_snapshot(struct timeline *timeline, const json_t *snapshot)
{
    uint64_t number, eval;

    if (timeline->count == TIMELINE_SNAPSHOTS || !fields_number(snapshot, "number", &number) ||
        !fields_number(snapshot, "eval", &eval))
        return;
    for (unsigned i = 0; i < timeline->count; i++)
        if (timeline->snapshots[i].number == number)
            return;
    timeline->snapshots[timeline->count].number = number;
    timeline->snapshots[timeline->count].eval = eval;
    timeline->count++;
    widen(timeline, eval);
}

bool timeline_read(struct timeline *timeline, const json_t *report)
{
    size_t i;
    const json_t *snapshot;

    *timeline = (struct timeline){.used = UINT64_MAX};
    if (!fields_number(report, "end.point_eval", &timeline->end) &&
        !fields_number(report, "end.eval", &timeline->end))
        return false;
    timeline->first = timeline->last = timeline->end;
    if (fields_number(report, "snapshot.number", &timeline->used))
        add_snapshot(timeline, fields_find(report, "snapshot"));
    json_array_foreach((json_t *)fields_find(report, "snapshots"), i, snapshot)
    {
        add_snapshot(timeline, snapshot);
    }
    timeline->has_wave = fields_number(report, "wave.first_eval", &timeline->wave_first) &&
                         fields_number(report, "wave.last_eval", &timeline->wave_last) &&
                         timeline->wave_first <= timeline->wave_last;
    if (timeline->has_wave) {
        widen(timeline, timeline->wave_first);
        widen(timeline, timeline->wave_last);
    }
    return true;
}

unsigned timeline_place(const struct timeline *timeline, uint64_t eval)
{
    uint64_t all = timeline->last - timeline->first, part = eval - timeline->first;

    if (all == 0)
        return MARGIN + WIDTH;
    return MARGIN + (unsigned)((unsigned __int128)part * WIDTH / all);
}

static void write_percent(FILE *file, const char *name, unsigned place)
{
    fprintf(file, " %s=\"%u.%02u%%\"", name, place / 100, place % 100);
}

static void write_window(FILE *file, const struct timeline *timeline)
{
    unsigned begin = timeline_place(timeline, timeline->wave_first);
    unsigned end = timeline_place(timeline, timeline->wave_last);

    if (end - begin < LEAST)
        begin = end > MARGIN + LEAST ? end - LEAST : MARGIN;
    fprintf(file, "<rect class=\"window\" y=\"14\" height=\"20\"");
    write_percent(file, "x", begin);
    write_percent(file, "width", end - begin < LEAST ? LEAST : end - begin);
    fprintf(file, "><title>waveform: eval %" PRIu64 " to %" PRIu64 "</title></rect>\n", timeline->wave_first,
            timeline->wave_last);
}

static void write_snapshot(FILE *file, const struct timeline *timeline, unsigned i)
{
    uint64_t number = timeline->snapshots[i].number, eval = timeline->snapshots[i].eval;
    bool is_used = number == timeline->used;

    fprintf(file, "<circle class=\"%s\" cy=\"24\" r=\"%u\"", is_used ? "used" : "parked", is_used ? 6u : 4u);
    write_percent(file, "cx", timeline_place(timeline, eval));
    fprintf(file, "><title>snapshot %" PRIu64 " after eval %" PRIu64 "%s</title></circle>\n", number, eval,
            is_used ? ", which replayed" : "");
}

static void write_end(FILE *file, const struct timeline *timeline)
{
    unsigned place = timeline_place(timeline, timeline->end);

    fprintf(file, "<line class=\"end\" y1=\"4\" y2=\"44\"");
    write_percent(file, "x1", place);
    write_percent(file, "x2", place);
    fprintf(file, "><title>end: eval %" PRIu64 "</title></line>\n", timeline->end);
}

void timeline_write(FILE *file, const struct timeline *timeline)
{
    fputs("<svg class=\"timeline\" width=\"100%\" height=\"48\" role=\"img\">"
          "<title>Snapshots, waveform and end</title>\n"
          "<line class=\"axis\" x1=\"1%\" x2=\"99%\" y1=\"24\" y2=\"24\"/>\n",
          file);
    if (timeline->has_wave)
        write_window(file, timeline);
    for (unsigned i = 0; i < timeline->count; i++)
        write_snapshot(file, timeline, i);
    write_end(file, timeline);
    fprintf(file,
            "</svg>\n<p class=\"ends\"><span>eval %" PRIu64 "</span><span>eval %" PRIu64 "</span></p>\n",
            timeline->first, timeline->last);
}
