/* SPDX-License-Identifier: MIT */
/* See report_json.h. Fields that nobody knows are null, never invented. */
#define _GNU_SOURCE
#include "report/report_json.h"

#include <inttypes.h>
#include <string.h>

#include "base/clock.h"
#include "base/text.h"
#include "base/u64.h"
#include "record/match.h"
#include "report/circumstances.h"
#include "report/file_list.h"
#include "report/kept_snapshot.h"
#include "report/point_words.h"
#include "report/snapshot_list.h"
#include "report/wave_file.h"
#include "report/wave_window.h"
#include "run/run.h"
#include "run/run_directory.h"

#define REPORT_SIZE (32768 + FILE_LIST_SIZE + CIRCUMSTANCES_SIZE)
#define COUNT_PS    600u /* of an eval, as scripts/bench budget-tick budget-mcu measured it side by side */
#define MIB         (UINT64_C(1) << 20)

/* Begins a member of the object that was begun last; behind a blank it is on a line of its own. */
static void append_key(struct text *json, const char *key)
{
    text_format(json, "%s \"%s\": ", strchr("{ ", json->bytes[json->length - 1]) != NULL ? "" : ",", key);
}

static void append_object(struct text *json, const char *key)
{
    text_format(json, ",\n  \"%s\": {", key);
}

static void append_string(struct text *json, const char *key, const char *value)
{
    append_key(json, key);
    text_json(json, value, value == NULL ? 0 : strlen(value));
    text_json_bytes(json, key, value, value == NULL ? 0 : strlen(value));
}

static void append_number(struct text *json, const char *key, uint64_t value)
{
    append_key(json, key);
    text_format(json, "%" PRIu64, value);
}

static void append_known(struct text *json, const char *key, bool is_known, uint64_t value)
{
    if (is_known)
        append_number(json, key, value);
    else
        append_string(json, key, NULL);
}

static void append_fraction(struct text *json, const char *key, uint64_t value, unsigned digits,
                            unsigned decimals)
{
    append_key(json, key);
    text_fixed(json, value, digits, decimals);
}

static void append_header(struct text *json)
{
    text_format(json, "{\n  \"version\": 1");
    append_string(json, "program", run.program);
    append_number(json, "pid", (uint64_t)run.page->original_pid);
    append_string(json, "verilator", run.found.verilator);
    append_string(json, "model", run.found.model);
}

static void append_end(struct text *json, const struct end *end)
{
    append_object(json, "end");
    append_string(json, "kind", end_kind_name(end->kind));
    if (end->kind == END_EXIT || end->kind == END_FINISH) {
        append_key(json, "status");
        text_format(json, "%d", end->status);
        append_string(json, "signal", NULL);
    } else {
        append_string(json, "status", NULL);
        append_string(json, "signal", end_signal_name(end->signal));
    }
    append_number(json, "eval", end->eval);
    append_known(json, "time", end->time != END_TIME_UNKNOWN, end->time);
    if (match_line() != NULL) {
        append_string(json, "match", match_line());
        append_string(json, "match_in", match_place());
    }
    point_words_append(json);
    text_format(json, " }");
}

static void append_snapshot(struct text *json, const struct outcome *outcome)
{
    const uint64_t end_ns = atomic_load(&run.page->end_ns);

    append_object(json, "snapshot");
    append_number(json, "number", outcome->snapshot_number);
    append_number(json, "eval", outcome->snapshot_eval);
    append_known(json, "time", outcome->snapshot_time != END_TIME_UNKNOWN, outcome->snapshot_time);
    append_number(json, "evals_back", u64_difference(run.page->end.eval, outcome->snapshot_eval));
    append_fraction(json, "seconds_back", u64_difference(end_ns, outcome->snapshot_taken_ns), 9, 3);
    text_format(json, " }");
}

static void append_parked(struct text *json)
{
    text_format(json, ",\n  \"snapshots\": ");
    snapshot_list_append(json);
}

/* Another process wrote it: it need not end. */
static void append_note(struct text *json, const char *line, bool is_first)
{
    text_format(json, "%s\n                ", is_first ? ",\n              \"notes\": [" : ",");
    text_json(json, line, strnlen(line, SHARED_NOTE_SIZE - 1));
}

static void append_notes(struct text *json, uint64_t wave_bytes)
{
    const struct shared_notes *notes = &run.page->notes;
    uint32_t count = notes->count < SHARED_NOTES_MAX ? notes->count : SHARED_NOTES_MAX;
    char bound_bytes[SHARED_NOTE_SIZE], lost_bytes[SHARED_NOTE_SIZE];
    struct text bound = text_in(bound_bytes, sizeof bound_bytes);
    struct text lost = text_in(lost_bytes, sizeof lost_bytes);

    wave_window_describe(&bound, wave_bytes);
    point_words_lost(&lost);
    for (uint32_t i = 0; i < count; i++)
        append_note(json, notes->lines[i], i == 0);
    if (bound.length > 0)
        append_note(json, bound_bytes, count == 0);
    if (lost.length > 0)
        append_note(json, lost_bytes, count == 0 && bound.length == 0);
    if (count > 0 || bound.length > 0 || lost.length > 0)
        text_format(json, " ]");
}

static void append_replay(struct text *json, const struct conclusion *conclusion)
{
    const struct shared_replay *replay = &run.page->replay;
    bool is_done = replay->done_ns != 0;
    uint64_t eval = is_done ? replay->end.eval : atomic_load(&replay->eval);

    append_object(json, "replay");
    append_string(json, "verdict", conclusion->verdict);
    if (*conclusion->why != '\0')
        append_string(json, "why", conclusion->why);
    append_known(json, "eval", is_done || eval != 0, eval);
    append_fraction(json, "seconds", (is_done ? replay->done_ns : clock_ns()) - replay->start_ns, 9, 6);
    if (replay->dumping_ns != 0)
        append_fraction(json, "seconds_to_first_dump", replay->dumping_ns - replay->start_ns, 9, 6);
    else
        append_string(json, "seconds_to_first_dump", NULL);
    if (run.options.after_evals > 0 && !end_is_point(run.page->end.kind))
        append_number(json, "after_evals", replay->after_evals);
    append_notes(json, conclusion->wave_bytes);
    text_format(json, " }");
}

static void append_wave(struct text *json, const struct conclusion *conclusion)
{
    const struct shared_replay *replay = &run.page->replay;
    const bool dumped = replay->wave_dumped;

    if (!conclusion->has_wave) {
        text_format(json, ",\n  \"wave\": null");
        return;
    }
    append_object(json, "wave");
    append_string(json, "path", wave_file_name());
    append_string(json, "format", wave_file_format());
    append_known(json, "first_eval", dumped, replay->wave_first_eval);
    append_known(json, "last_eval", dumped, replay->wave_last_eval);
    text_format(json, ",\n           ");
    append_known(json, "first_time", dumped, replay->wave_first_time);
    append_known(json, "last_time", dumped, replay->wave_last_time);
    append_number(json, "bytes", conclusion->wave_bytes);
    append_string(json, "source", replay->wave_testbench ? "testbench" : "injected");
    append_string(json, "times", replay->wave_as_dumped ? "dumps" : "ends of evals");
    if (dumped)
        wave_window_append(json);
    text_format(json, " }");
}

static void append_files(struct text *json)
{
    text_format(json, ",\n  \"files\": ");
    file_list_append(json);
}

/* Of the run until now, or of what it had of processors where others had the rest. Not known where it died
 * unseen. */
static uint64_t run_us(void)
{
    uint64_t ran_ns = run.page->replay.start_ns - run.start_ns;
    uint64_t used_ns = u64_difference(run.page->end_used_ns, run.start_used_ns);

    return (used_ns == 0 ? ran_ns : u64_min(ran_ns, used_ns)) / 1000;
}

/* Counting an eval is too quick for a run to measure in itself. */
static uint64_t share_ppm(uint64_t snapshots_ns, uint64_t evals)
{
    uint64_t all_us = run_us();
    uint64_t cost_us =
        snapshots_ns / 1000 + evals / 1000000 * COUNT_PS + evals % 1000000 * COUNT_PS / 1000000;

    return all_us == 0 ? 0 : cost_us * 1000000 / all_us;
}

static void append_cost(struct text *json)
{
    const struct shared_cost *cost = &run.page->cost;

    append_object(json, "cost");
    append_number(json, "snapshots", cost->snapshots);
    append_number(json, "stall_us_median", cost->stall_median_ns / 1000);
    append_number(json, "stall_us_max", cost->stall_max_ns / 1000);
    append_fraction(json, "share", share_ppm(cost->cost_ns, run.page->end.eval), 6, 6);
    if (cost->memory_bytes != 0)
        append_fraction(json, "memory_mib_max",
                        cost->memory_bytes / MIB * 1000 + cost->memory_bytes % MIB * 1000 / MIB, 3, 1);
    else
        append_string(json, "memory_mib_max", NULL);
    text_format(json, " }");
}

static void append_circumstances(struct text *json)
{
    text_format(json, ",\n  \"run\": ");
    circumstances_append(json);
    text_format(json, "\n}\n");
}

int report_json_write(const struct end *end, const struct outcome *outcome,
                      const struct conclusion *conclusion)
{
    static char buffer[REPORT_SIZE]; /* not on the alternate stack */
    struct text json = text_in(buffer, sizeof buffer);

    append_header(&json);
    append_end(&json, end);
    append_snapshot(&json, outcome);
    append_parked(&json);
    append_replay(&json, conclusion);
    append_wave(&json, conclusion);
    append_files(&json);
    append_cost(&json);
    kept_snapshot_append(&json);
    append_circumstances(&json);
    return run_directory_write("report.json", &json);
}
