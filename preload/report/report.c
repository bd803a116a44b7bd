/* SPDX-License-Identifier: MIT */
/* What a failing run says and leaves: see report.h. Fields that nobody knows are null, never invented. */
#define _GNU_SOURCE
#include "report/report.h"

#include <errno.h>
#include <inttypes.h>
#include <string.h>

#include "base/clock.h"
#include "base/log.h"
#include "base/text.h"
#include "base/u64.h"
#include "record/match.h"
#include "report/annotation.h"
#include "report/circumstances.h"
#include "report/distance.h"
#include "report/failure_words.h"
#include "report/file_list.h"
#include "report/kept_snapshot.h"
#include "report/point_words.h"
#include "report/snapshot_list.h"
#include "report/wave_file.h"
#include "report/wave_window.h"
#include "run/kept_list.h"
#include "run/notes.h"
#include "run/run.h"
#include "run/run_directory.h"
#include "run/verdict.h"
#include "snapshot/keeper.h"
#include "snapshot/limits/room.h"
#include "snapshot/refusal.h"

#define REPORT_SIZE (32768 + FILE_LIST_SIZE + CIRCUMSTANCES_SIZE)
#define COUNT_PS    600u /* of an eval, as scripts/bench budget-tick budget-mcu measured it side by side */
#define WORDS_SIZE  360
#define MIB         (UINT64_C(1) << 20)

/* What the report and the last lines say of the replay, whatever its outcome. */
struct conclusion {
    const char *verdict;
    const char *why; /* "" for reproduced */
    bool has_wave;
    const char *wave_why;
    uint64_t wave_bytes;
};

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

static void report_match(void)
{
    if (match_is_printed())
        log_line(LOG_INFO, "it printed what LIGHTSSS_MATCH looks for: %s", match_line());
    else
        log_line(LOG_INFO, "it wrote what LIGHTSSS_MATCH looks for to %s: %s", match_place(), match_line());
}

void report_failure(const struct end *end)
{
    char bytes[LOG_LINE_SIZE];
    struct text line = text_in(bytes, sizeof bytes);

    if (end_is_point(end->kind))
        point_words_begin(&line);
    else
        failure_words_describe(&line, end);
    log_coloured(LOG_INFO, end_is_point(end->kind) ? LOG_PLAIN : LOG_RED, "%s", bytes);
    if (match_line() != NULL)
        report_match();
}

/* The last line, and what a build server is told. path: of what is there; NULL: nothing. */
static void say_last(enum log_colour colour, const char *words, const char *path)
{
    char bytes[WORDS_SIZE];
    struct text line = text_in(bytes, sizeof bytes);

    log_coloured(LOG_INFO, colour, "%s", words);
    if (end_is_point(run.page->end.kind))
        return;
    failure_words_describe(&line, &run.page->end);
    annotation_make(bytes, words, path);
}

void report_no_snapshot(void)
{
    char bytes[LOG_LINE_SIZE];
    struct text words = text_in(bytes, sizeof bytes);

    if (*room_reason() != '\0')
        text_format(&words, "there is no snapshot (%s): no waveform of this failure", room_reason());
    else if (keeper_figures()->taken > 0)
        text_format(&words, "no snapshot is left (all were killed, ran out of memory or made room for its "
                            "own processes): no waveform of this failure");
    else
        refusal_describe(&words);
    say_last(LOG_RED, bytes, NULL);
}

void report_no_directory(int error)
{
    char bytes[LOG_LINE_SIZE];
    struct text words = text_in(bytes, sizeof bytes);
    bool is_limit = error == -EMFILE || error == -ENFILE;

    text_format(&words, "cannot make a run directory in %s (%s): no waveform; %s", run.base_directory,
                strerrordesc_np(-error),
                is_limit ? "raise the limit of open files (ulimit -n)"
                         : "set LIGHTSSS_DIR to a place that can be written to");
    say_last(LOG_RED, bytes, NULL);
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

static uint64_t end_ns(void)
{
    return atomic_load(&run.page->end_ns);
}

static void append_snapshot(struct text *json, const struct outcome *outcome)
{
    append_object(json, "snapshot");
    append_number(json, "number", outcome->snapshot_number);
    append_number(json, "eval", outcome->snapshot_eval);
    append_known(json, "time", outcome->snapshot_time != END_TIME_UNKNOWN, outcome->snapshot_time);
    append_number(json, "evals_back", u64_difference(run.page->end.eval, outcome->snapshot_eval));
    append_fraction(json, "seconds_back", u64_difference(end_ns(), outcome->snapshot_taken_ns), 9, 3);
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

/* Of the run until now. Counting an eval is too quick for a run to measure in itself. */
static uint64_t share_ppm(uint64_t snapshots_ns, uint64_t evals)
{
    uint64_t run_us = (run.page->replay.start_ns - run.start_ns) / 1000;
    uint64_t cost_us =
        snapshots_ns / 1000 + evals / 1000000 * COUNT_PS + evals % 1000000 * COUNT_PS / 1000000;

    return run_us == 0 ? 0 : cost_us * 1000000 / run_us;
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

static int write_report(const struct end *end, const struct outcome *outcome,
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

static void find_wave(struct conclusion *conclusion)
{
    int64_t bytes = run_directory_size(wave_file_name());

    conclusion->has_wave = bytes > 0; /* an empty one is none */
    conclusion->wave_bytes = (uint64_t)bytes;
}

void report_progress(const struct shared_slot *slot)
{
    const struct outcome outcome = {
        .snapshot_number = slot->number,
        .snapshot_eval = slot->eval,
        .snapshot_time = slot->time,
        .snapshot_taken_ns = slot->taken_ns,
    };
    struct conclusion conclusion = {
        .verdict = verdict_name(VERDICT_INCOMPLETE),
        .why = "the replay was killed before it was done",
    };

    find_wave(&conclusion);
    write_report(&run.page->end, &outcome, &conclusion);
}

static void append_distance(struct text *line, const struct shared_slot *slot)
{
    const struct shared_page *page = run.page;
    const struct distance distance = {
        .evals = u64_difference(page->end.eval, slot->eval),
        .ns = u64_difference(end_ns(), slot->taken_ns),
        .used_ns = u64_difference(page->end_used_ns, slot->used_ns),
        .run_ns = u64_difference(end_ns(), run.start_ns),
        .is_dear = run.options.interval.kind == INTERVAL_AUTO && !ages_are_asked(&run.options.ages) &&
                   distance_is_dear(page->cost.cost_ns, page->cost.snapshots, run.options.budget_ppm),
    };

    distance_describe(line, &distance);
}

/* Tools look for its first words, which are upstream's, whichever snapshot it is. */
void report_wake(const struct shared_slot *slot)
{
    char bytes[WORDS_SIZE];
    struct text line = text_in(bytes, sizeof bytes);

    text_format(&line,
                "the oldest checkpoint start to dump wave: snapshot %" PRIu64 ", taken after eval %" PRIu64,
                slot->number, slot->eval);
    append_distance(&line, slot);
    snapshot_list_take();
    if (!shared_page_is_again(run.page)) /* else it was told of before */
        log_line(LOG_INFO, "%s", bytes);
    else if (run.page->wave_from_eval != 0)
        log_line(LOG_INFO, "once more, for more of the end: the waveform is to begin at eval %" PRIu64,
                 run.page->wave_from_eval);
    report_progress(slot);
}

static void conclude(const struct outcome *outcome, struct text *why, struct conclusion *conclusion)
{
    const struct shared_replay *replay = &run.page->replay;

    conclusion->verdict = verdict_name(VERDICT_INCOMPLETE);
    if (outcome->result == OUTCOME_REPLAYED) {
        conclusion->verdict = verdict_name((enum verdict)replay->verdict);
        text_format(why, "%.*s", (int)sizeof replay->why - 1, replay->why);
    } else if (outcome->result == OUTCOME_GIVEN_UP) {
        text_format(why, "the replay was asked to finish (%s) and did not",
                    outcome->asked < REPLAY_ASKED_SLOW      ? end_signal_name((int)outcome->asked)
                    : outcome->asked == REPLAY_ASKED_MEMORY ? "memory ran out"
                                                            : "it took too long");
    } else {
        text_format(why, "the replay died (%s)",
                    outcome->signal != 0 ? end_signal_name(outcome->signal) : "it ended without a word");
    }
    conclusion->why = why->bytes;
    conclusion->wave_why = *replay->wave_why != '\0' ? replay->wave_why : conclusion->why;
    find_wave(conclusion);
    if (atomic_load(&replay->state) == REPLAY_DONE && !replay->wave_dumped)
        conclusion->has_wave = false;
    if (!conclusion->has_wave)
        run_directory_remove(wave_file_name());
    if (run.page->wave_is_draft != 0)
        run_directory_remove(wave_file_draft_name());
    if (!conclusion->has_wave && *conclusion->wave_why == '\0')
        conclusion->wave_why = "the replay ended before anything was dumped";
}

/* What the user has misspelt, not only in the report. */
static void say_misspelt(void)
{
    const struct shared_notes *notes = &run.page->notes;

    for (uint32_t i = 0; i < notes->count && i < SHARED_NOTES_MAX; i++)
        if (notes_is_for_user(notes->lines[i]))
            log_line(LOG_INFO, "%.*s", (int)SHARED_NOTE_SIZE - 1, notes->lines[i]);
}

static void say_bound(uint64_t wave_bytes)
{
    char bytes[SHARED_NOTE_SIZE];
    struct text line = text_in(bytes, sizeof bytes);

    wave_window_describe(&line, wave_bytes);
    if (line.length > 0)
        log_line(LOG_INFO, "%s", bytes);
}

static void say_outcome(const struct conclusion *conclusion, bool is_written)
{
    const bool is_good = *conclusion->why == '\0';
    char path[RUN_DIRECTORY_PATH_SIZE], words[LOG_LINE_SIZE];
    struct text text = text_in(path, sizeof path), line = text_in(words, sizeof words);

    text_fixed(&text, clock_ns() - run.page->replay.start_ns, 9, 1);
    log_coloured(LOG_INFO, is_good ? LOG_GREEN : LOG_YELLOW, "replay %s%s%s, after %s s", conclusion->verdict,
                 is_good ? "" : ": ", conclusion->why, path);
    text = text_in(path, sizeof path);
    run_directory_present_path(&text, conclusion->has_wave ? wave_file_name() : "");
    if (conclusion->has_wave)
        text_format(&line, "waveform: %s", path);
    else if (is_written)
        text_format(&line, "no waveform: %s; the report is in %s", conclusion->wave_why, path);
    else
        text_format(&line, "no waveform: %s, and no report", conclusion->wave_why);
    if (!conclusion->has_wave)
        text_format(&text, "/report.json");
    say_last(conclusion->has_wave ? LOG_BOLD : LOG_YELLOW, words,
             conclusion->has_wave || is_written ? path : NULL);
}

/* The next one goes on where it ends. */
static bool is_inner_segment(void)
{
    return run.page->segment.number != 0 && end_is_point(run.page->end.kind);
}

void report_outcome(const struct end *end, const struct outcome *outcome)
{
    const struct shared_replay *replay = &run.page->replay;
    char why_buffer[SHARED_PAGE_WHY];
    struct conclusion conclusion;

    bool has_room = outcome->result == OUTCOME_REPLAYED && replay->wave_dumped && !is_inner_segment() &&
                    wave_file_make_room();
    kept_list_settle();
    kept_snapshot_await();
    struct text why = text_in(why_buffer, sizeof why_buffer);
    conclude(outcome, &why, &conclusion);
    int r = write_report(end, outcome, &conclusion);
    bool is_written = r >= 0;
    if (is_written && conclusion.has_wave && replay->wave_dumped)
        r = wave_file_save_view(has_room);
    if (r < 0)
        log_line(LOG_INFO, "report.json or wave.gtkw could not be written (%s)", strerrordesc_np(-r));

    say_misspelt();
    say_bound(conclusion.wave_bytes);
    kept_snapshot_say();
    say_outcome(&conclusion, is_written);
    atomic_store(&run.page->reported, 1);
}
