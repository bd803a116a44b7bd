/* SPDX-License-Identifier: MIT */
/* One run on the page: see page_run.h. What the report does not know is not shown. */
#include "page_run.h"

#include <inttypes.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "fields.h"
#include "kept_now.h"
#include "markup.h"
#include "run_files.h"
#include "tail.h"
#include "timeline.h"
#include "words.h"

#define LINES 25

static const char *verdict_of(const struct run *run)
{
    const char *verdict = fields_text(run->report, "replay.verdict");

    return verdict != NULL ? verdict : "unknown";
}

void page_run_name(FILE *file, const struct run *run)
{
    const char *slash = strrchr(run->directory, '/');

    markup_string(file, slash != NULL && slash[1] != '\0' ? slash + 1 : run->directory);
}

void page_run_verdict(FILE *file, const struct run *run)
{
    const char *verdict = verdict_of(run);
    const char *kind = strcmp(verdict, "reproduced") == 0 ? "good"
                       : strcmp(verdict, "diverged") == 0 ? "bad"
                                                          : "odd";

    fprintf(file, "<span class=\"%s\">", kind);
    markup_string(file, verdict);
    fputs("</span>", file);
}

/* --- rows --- */

static void begin_row(FILE *file, const char *name)
{
    fprintf(file, "<dt>%s</dt><dd>", name);
}

static void end_row(FILE *file)
{
    fputs("</dd>\n", file);
}

static void write_row(FILE *file, const char *name, const char *text)
{
    if (text == NULL || *text == '\0')
        return;
    begin_row(file, name);
    markup_string(file, text);
    end_row(file);
}

static void write_real(FILE *file, const json_t *report, const char *before, const char *path,
                       const char *behind)
{
    double value;

    if (fields_real(report, path, &value))
        fprintf(file, "%s%.*f%s", before, value < 1 ? 3 : 1, value, behind);
}

static void write_number(FILE *file, const json_t *report, const char *before, const char *path,
                         const char *behind)
{
    uint64_t value;

    if (fields_number(report, path, &value))
        fprintf(file, "%s%" PRIu64 "%s", before, value, behind);
}

static void write_end(FILE *file, const struct run *run)
{
    char words[WORDS_SIZE];

    uint64_t point;
    bool is_point = fields_number(run->report, "end.point_eval", &point);

    begin_row(file, is_point ? "Point" : "End");
    words_end(words, run->report);
    markup_string(file, words);
    write_number(file, run->report, is_point ? ": eval " : " at eval ",
                 is_point ? "end.point_eval" : "end.eval", "");
    write_number(file, run->report, ", time ", "end.time", "");
    end_row(file);
    write_row(file, "Printed", fields_text(run->report, "end.match"));
    write_row(file, "Trigger", fields_text(run->report, "end.line"));
}

static void write_snapshot(FILE *file, const json_t *report)
{
    if (!json_is_object(fields_find(report, "snapshot")))
        return;
    begin_row(file, "Snapshot");
    write_number(file, report, "number ", "snapshot.number", "");
    write_number(file, report, " after eval ", "snapshot.eval", "");
    write_number(file, report, ", ", "snapshot.evals_back", " evals");
    write_real(file, report, " and ", "snapshot.seconds_back", " s back");
    end_row(file);
}

static void write_replay(FILE *file, const struct run *run)
{
    begin_row(file, "Replay");
    page_run_verdict(file, run);
    write_real(file, run->report, ", after ", "replay.seconds", " s");
    end_row(file);
}

static void write_kept(FILE *file, const struct run *run)
{
    char words[KEPT_WHY_SIZE];

    if (kept_now(words, run->directory, run->report) != KEPT_NOW_NONE)
        write_row(file, "Kept", words);
}

static void write_cost(FILE *file, const json_t *report)
{
    double share;

    if (!json_is_object(fields_find(report, "cost")))
        return;
    begin_row(file, "Cost");
    write_number(file, report, "snapshots: ", "cost.snapshots", "");
    if (fields_real(report, "cost.share", &share))
        fprintf(file, ", %.2f%% of the run", share * 100);
    write_number(file, report, "; stood still for ", "cost.stall_us_median", " µs in the median");
    write_number(file, report, ", ", "cost.stall_us_max", " µs at most");
    write_real(file, report, "; ", "cost.memory_mib_max", " MiB held");
    end_row(file);
}

/* --- links --- */

static void write_link(FILE *file, const char *way, const char *name, const char *more)
{
    fputs("<a href=\"", file);
    markup_address(file, way);
    fputs("\">", file);
    markup_string(file, name);
    fprintf(file, "</a>%s", more);
}

/* A file of the run, where it is there. `way`: to the run's directory; NULL: unknown. */
static void write_file(FILE *file, const struct run *run, const char *way, const char *name,
                       const char **between)
{
    char size[WORDS_SIZE], more[WORDS_SIZE + 8];
    char *path = run_files_path(run->directory, name), *link = way != NULL ? run_files_path(way, name) : NULL;
    uint64_t bytes;
    int fd = path != NULL ? run_files_open(path, &bytes) : -1;

    if (fd >= 0) {
        close(fd);
        words_bytes(size, bytes);
        snprintf(more, sizeof more, " (%s)", size);
        fputs(*between, file);
        if (link != NULL)
            write_link(file, link, name, more);
        else
            markup_string(file, name);
        *between = ", ";
    }
    free(path);
    free(link);
}

static void write_files(FILE *file, const struct run *run, const char *way)
{
    static const char *const others[] = {"wave.gtkw", "report.json", "replay.stdout", "replay.stderr"};
    const char *wave = fields_text(run->report, "wave.path"), *between = "";

    begin_row(file, "Waveform");
    if (run->has_wave)
        write_file(file, run, way, wave, &between);
    else
        fputs(wave != NULL ? "is not there any more" : "none", file);
    write_number(file, run->report, "; eval ", "wave.first_eval", "");
    write_number(file, run->report, " to ", "wave.last_eval", "");
    end_row(file);
    begin_row(file, "Files");
    between = "";
    for (size_t i = 0; i < sizeof others / sizeof *others; i++)
        write_file(file, run, way, others[i], &between);
    end_row(file);
}

/* From the page to the run's directory, in memory of its own; NULL: unknown. */
static char *find_way(const struct run *run, const char *place)
{
    char *whole = place != NULL ? realpath(run->directory, NULL) : NULL;
    char *way = whole != NULL ? markup_way(place, whole) : NULL;

    free(whole);
    if (way != NULL && *way == '\0') { /* the page is in the run's directory */
        free(way);
        way = strdup(".");
    }
    return way;
}

/* --- what it printed --- */

static void write_tail(FILE *file, const struct run *run, const char *name)
{
    static struct tail tail;
    char *path = run_files_path(run->directory, name);

    if (path != NULL && tail_read(&tail, path, LINES)) {
        fprintf(file, "<details open><summary>%s of %s</summary><pre>", tail.is_cut ? "The end" : "All",
                name);
        markup_text(file, tail.bytes, tail.length);
        fputs("</pre></details>\n", file);
    }
    free(path);
}

static void write_notes(FILE *file, const json_t *report)
{
    const json_t *notes = fields_find(report, "replay.notes"), *note;
    const char *why = fields_text(report, "replay.why");
    size_t i;

    if (why != NULL) {
        fputs("<p class=\"why\">", file);
        markup_string(file, why);
        fputs(words_is_under_way(report) ? WORDS_OR_AT_WORK "</p>\n" : "</p>\n", file);
    }
    if (json_array_size(notes) == 0)
        return;
    fputs("<ul class=\"notes\">\n", file);
    json_array_foreach((json_t *)notes, i, note)
    {
        fputs("<li>", file);
        markup_string(file, json_is_string(note) ? json_string_value(note) : "");
        fputs("</li>\n", file);
    }
    fputs("</ul>\n", file);
}

static void write_timeline(FILE *file, const json_t *report)
{
    static const char key[] =
        "<ul class=\"key\"><li><span class=\"k-used\"></span>snapshot that replayed</li>"
        "<li><span class=\"k-parked\"></span>others</li><li><span class=\"k-window\"></span>waveform</li>"
        "<li><span class=\"k-end\"></span>end</li></ul>\n";
    struct timeline timeline;

    if (!timeline_read(&timeline, report))
        return;
    timeline_write(file, &timeline);
    fputs(key, file);
}

/* How it was started, where the report tells. */
static void write_command(FILE *file, const json_t *report)
{
    const json_t *words = fields_find(report, "run.command"), *word;
    size_t i;

    if (json_array_size(words) > 0) {
        begin_row(file, "Command");
        json_array_foreach((json_t *)words, i, word)
        {
            fputs(i > 0 ? " " : "", file);
            markup_string(file, json_is_string(word) ? json_string_value(word) : "?");
        }
        end_row(file);
    }
    write_row(file, "Started in", fields_text(report, "run.directory"));
    write_row(file, "Host", fields_text(report, "run.host"));
}

static void write_rows(FILE *file, const struct run *run, const char *place)
{
    char words[WORDS_SIZE];
    char *way = find_way(run, place);

    fputs("<dl>\n", file);
    words_when(words, run->when);
    write_row(file, "When", words);
    write_end(file, run);
    write_snapshot(file, run->report);
    write_replay(file, run);
    write_kept(file, run);
    write_files(file, run, way);
    write_cost(file, run->report);
    write_command(file, run->report);
    write_row(file, "Model", fields_text(run->report, "model"));
    write_row(file, "Verilator", fields_text(run->report, "verilator"));
    write_row(file, "Directory", run->directory);
    fputs("</dl>\n", file);
    free(way);
}

void page_run_write(FILE *file, const struct run *run, size_t number, const char *place)
{
    fprintf(file, "<section id=\"run-%zu\"><header><h2>", number);
    page_run_name(file, run);
    fputs("</h2>", file);
    page_run_verdict(file, run);
    fputs("</header>\n", file);
    write_notes(file, run->report);
    write_timeline(file, run->report);
    write_rows(file, run, place);
    write_tail(file, run, "replay.stdout");
    write_tail(file, run, "replay.stderr");
    fputs("</section>\n", file);
}
