/* SPDX-License-Identifier: MIT */
/* What a failing run says and leaves: see report.h. */
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
#include "report/distance.h"
#include "report/failure_words.h"
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

#define WORDS_SIZE 360

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
    report_json_write(&run.page->end, &outcome, &conclusion);
}

static void append_distance(struct text *line, const struct shared_slot *slot)
{
    const struct shared_page *page = run.page;
    const uint64_t end_ns = atomic_load(&page->end_ns);
    const struct distance distance = {
        .evals = u64_difference(page->end.eval, slot->eval),
        .ns = u64_difference(end_ns, slot->taken_ns),
        .used_ns = u64_difference(page->end_used_ns, slot->used_ns),
        .run_ns = u64_difference(end_ns, run.start_ns),
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
        conclusion->wave_why = replay->wave_dumped ? "its file is gone: its directory was removed"
                                                   : "the replay ended before anything was dumped";
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

static void say_outcome(const struct conclusion *conclusion)
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
    else if (conclusion->is_written)
        text_format(&line, "no waveform: %s; the report is in %s", conclusion->wave_why, path);
    else
        text_format(&line, "no waveform: %s, and no report", conclusion->wave_why);
    if (!conclusion->has_wave)
        text_format(&text, "/report.json");
    say_last(conclusion->has_wave ? LOG_BOLD : LOG_YELLOW, words,
             conclusion->has_wave || conclusion->is_written ? path : NULL);
}

/* The next one goes on where it ends. */
static bool is_inner_segment(void)
{
    return run.page->segment.number != 0 && end_is_point(run.page->end.kind);
}

/* All but the lines. Files and the waveform are settled once: the second time it is the original that tells
 * what its replay could not know. */
static int write_all(const struct end *end, const struct outcome *outcome, struct text *why,
                     struct conclusion *conclusion)
{
    const struct shared_replay *replay = &run.page->replay;
    const bool is_first = atomic_load(&run.page->reported) == 0;
    const bool has_room = is_first && outcome->result == OUTCOME_REPLAYED && replay->wave_dumped &&
                          !is_inner_segment() && wave_file_make_room();

    if (is_first) {
        kept_list_settle();
        kept_snapshot_await();
    }
    conclude(outcome, why, conclusion);
    int r = report_json_write(end, outcome, conclusion);
    conclusion->is_written = r >= 0;
    if (is_first && r >= 0 && conclusion->has_wave && replay->wave_dumped)
        r = wave_file_save_view(has_room);
    return r;
}

void report_beforehand(const struct end *end, const struct outcome *outcome)
{
    char why_buffer[SHARED_PAGE_WHY];
    struct text why = text_in(why_buffer, sizeof why_buffer);
    struct conclusion conclusion;

    if (write_all(end, outcome, &why, &conclusion) >= 0)
        atomic_store(&run.page->reported, 1);
}

void report_outcome(const struct end *end, const struct outcome *outcome)
{
    char why_buffer[SHARED_PAGE_WHY];
    struct text why = text_in(why_buffer, sizeof why_buffer);
    struct conclusion conclusion;
    const int r = write_all(end, outcome, &why, &conclusion);

    if (r < 0)
        log_line(LOG_INFO, "report.json or wave.gtkw could not be written (%s)", strerrordesc_np(-r));
    say_misspelt();
    say_bound(conclusion.wave_bytes);
    kept_snapshot_say();
    say_outcome(&conclusion);
    atomic_store(&run.page->reported, 1);
}
