/* SPDX-License-Identifier: MIT */
/* `lightsss report`: failed runs as a table, as JSON or as a page, and last values of signals. Options may
 * stand before and behind the folders. */
#include <errno.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "commands.h"
#include "fields.h"
#include "flags.h"
#include "json_print.h"
#include "kept_now.h"
#include "markup.h"
#include "options/options.h"
#include "page.h"
#include "run_named.h"
#include "runs.h"
#include "say.h"
#include "signals.h"
#include "table.h"
#include "words.h"

#define PRECISION 15

enum place {
    JSON,
    HTML,
    SIGNALS,
    RADIX,
};

const struct flag report_flags[] = {
    [JSON] = {"--json", NULL, "their reports as an array, each with its directory"},
    [HTML] = {"--html", "FILE",
              "one page that holds all: timelines, verdicts, costs, last lines, links; - is stdout"},
    [SIGNALS] = {"--signals", "NAMES", "the last values of these in the waveform, one line each: NAME VALUE"},
    [RADIX] = {"--radix", "RADIX", "of the values: hex, bin or dec"},
    {NULL, NULL, NULL},
};

/* What was typed. */
struct wanted {
    const char *given[FLAGS_MAX];
    char **folders; /* and a NULL */
    size_t count;
    enum signal_value_radix radix;
};

/* --- words --- */

static int refuse(const char *why)
{
    say("%s", why);
    return SAY_USAGE;
}

static int check_words(struct wanted *wanted)
{
    const char *const *given = wanted->given;

    for (unsigned i = 0; report_flags[i].name != NULL; i++)
        if (report_flags[i].value != NULL && given[i] != NULL && *given[i] == '\0') {
            say("%s needs a value: %s", report_flags[i].name, report_flags[i].help);
            return SAY_USAGE;
        }
    if (given[SIGNALS] != NULL && given[SIGNALS][strspn(given[SIGNALS], SIGNALS_BETWEEN)] == '\0')
        return refuse("--signals names no signal");
    if (given[RADIX] != NULL && !signal_value_radix_of(given[RADIX], &wanted->radix)) {
        say("--radix=%s is not valid: give hex, bin or dec", given[RADIX]);
        return SAY_USAGE;
    }
    if (given[SIGNALS] == NULL && given[RADIX] != NULL)
        return refuse("--radix is for --signals");
    if (given[SIGNALS] != NULL && (given[JSON] != NULL || given[HTML] != NULL))
        return refuse("--signals goes neither with --json nor with --html");
    if (given[JSON] != NULL && given[HTML] != NULL && strcmp(given[HTML], "-") == 0)
        return refuse("--json and --html - both write to stdout; give one of them");
    if (given[SIGNALS] != NULL && wanted->count > 1) {
        say("--signals is for one run; %zu were named", wanted->count);
        return SAY_USAGE;
    }
    return 0;
}

/* --- what was found --- */

/* Where runs are made. */
static const char *usual_folder(void)
{
    static struct options options;

    options_read(&options, environ, NULL);
    return options.dir;
}

/* Where nothing has failed yet, there is no folder. */
static void find_runs(struct runs *runs, const struct wanted *wanted)
{
    const char *usual = wanted->count == 0 ? usual_folder() : NULL;

    if (usual != NULL && access(usual, F_OK) == 0)
        runs_find(runs, usual);
    for (size_t i = 0; i < wanted->count; i++)
        runs_find(runs, wanted->folders[i]);
    runs_sort(runs);
}

static void say_none(const struct wanted *wanted)
{
    if (wanted->count == 1)
        say("no failed run in %s", wanted->folders[0]);
    else
        say("no failed run in %s", wanted->count == 0 ? usual_folder() : "these folders");
}

/* { "directory": "..." }, and its bytes where the name is no UTF-8, which cannot be in JSON. */
static json_t *directory_of(const struct run *run)
{
    char *directory = markup_utf8(run->directory), *more = json_print_more("directory", run->directory),
         *text;
    json_t *members = NULL;

    if (directory != NULL && more != NULL && asprintf(&text, "{ \"\": null%s }", more) >= 0) {
        members = json_loads(text, 0, NULL);
        free(text);
        json_object_del(members, "");
        json_object_set_new(members, "directory", json_string(directory));
    }
    free(directory);
    free(more);
    return members;
}

/* What became of its kept snapshot since. */
static void add_kept(json_t *kept, const struct run *run)
{
    char words[KEPT_WHY_SIZE];
    const enum kept_now now = kept_now(words, run->directory, run->report);

    if (now == KEPT_NOW_NONE)
        return;
    json_object_set_new(kept, "is_kept", json_boolean(now == KEPT_NOW_HERE));
    char *why = now == KEPT_NOW_GONE ? markup_utf8(words) : NULL;
    if (why != NULL)
        json_object_set_new(kept, "why", json_string(why));
    free(why);
}

/* The report with its directory in front. */
static json_t *with_directory(const struct run *run)
{
    json_t *all = directory_of(run);

    add_kept(json_object_get(run->report, "kept"), run);
    if (json_object_update_missing(all, run->report) == 0)
        return all;
    json_decref(all);
    return NULL;
}

static int print_json(const struct runs *runs)
{
    json_t *array = json_array();
    int failed = array == NULL;

    for (size_t i = 0; i < runs->count && failed == 0; i++)
        failed = json_array_append_new(array, with_directory(&runs->list[i]));
    char *text = failed == 0 ? json_dumps(array, JSON_INDENT(2) | JSON_REAL_PRECISION(PRECISION)) : NULL;
    if (text == NULL)
        say("out of memory");
    else {
        json_print_document(stdout, text);
        putchar('\n');
    }
    free(text);
    json_decref(array);
    return text == NULL ? SAY_BROKEN : 0;
}

static int show_runs(const struct wanted *wanted)
{
    struct runs runs = {0};
    int status = 0;

    find_runs(&runs, wanted);
    if (runs.count == 0 && runs.unread == 0)
        say_none(wanted);
    if (wanted->given[JSON] != NULL)
        status = print_json(&runs);
    if (wanted->given[HTML] != NULL && status == 0)
        status = page_save(wanted->given[HTML], &runs);
    if (wanted->given[JSON] == NULL && wanted->given[HTML] == NULL)
        table_print(stdout, &runs);
    if (status == 0 && runs.unread > 0)
        status = SAY_FAILED;
    runs_free(&runs);
    return status;
}

/* --- signals --- */

static bool is_file(const char *path)
{
    struct stat status;

    return stat(path, &status) == 0 && !S_ISDIR(status.st_mode);
}

/* The names are taken apart in place. */
static int print_signals(const char *path, const struct wanted *wanted)
{
    char *names = strdup(wanted->given[SIGNALS]);
    int status = SAY_BROKEN;

    if (names == NULL)
        say("out of memory");
    else
        status = signals_print(path, names, wanted->radix);
    free(names);
    return status;
}

/* Of a replay that was not to its end, or went another way, the last values are not those of the failure. */
static void say_verdict(const struct run *run)
{
    const char *verdict = fields_text(run->report, "replay.verdict"),
               *why = fields_text(run->report, "replay.why");

    if (verdict != NULL && strcmp(verdict, "reproduced") != 0)
        say("the verdict of %s is %s%s%s%s: these need not be the values of the failure", run->directory,
            verdict, why != NULL ? ", " : "", why != NULL ? why : "",
            words_is_under_way(run->report) ? WORDS_OR_AT_WORK : "");
}

static int show_signals_of_run(const struct wanted *wanted)
{
    struct runs runs = {0};
    int status = SAY_FAILED;

    find_runs(&runs, wanted);
    const struct run *run = runs.count > 0 ? &runs.list[runs.count - 1] : NULL;
    if (run == NULL && runs.unread == 0)
        say_none(wanted);
    else if (run != NULL && run->wave == NULL) {
        const char *why = fields_text(run->report, "replay.why");
        say("%s has no waveform%s%s", run->directory, why != NULL ? ": " : "", why != NULL ? why : "");
    } else if (run != NULL) {
        say_verdict(run);
        status = print_signals(run->wave, wanted);
    }
    runs_free(&runs);
    return status;
}

static int show_signals_of_file(const char *path, const struct wanted *wanted)
{
    struct runs runs = {0};

    runs_find_of(&runs, path);
    if (runs.count > 0)
        say_verdict(&runs.list[0]);
    runs_free(&runs);
    return print_signals(path, wanted);
}

static int show(const struct wanted *wanted)
{
    if (wanted->given[SIGNALS] == NULL)
        return show_runs(wanted);
    if (wanted->count == 1 && is_file(wanted->folders[0]))
        return show_signals_of_file(wanted->folders[0], wanted);
    return show_signals_of_run(wanted);
}

/* What is no file may be the name of a run, or the id of its process. */
static void find_folder(char **word)
{
    char path[PATH_MAX], *found;

    if (access(*word, F_OK) == 0 || !run_named_is_there(path, *word))
        return;
    found = strdup(path);
    if (found != NULL)
        *word = found; /* until the process ends */
}

int report_command(const struct command *command, char **words)
{
    struct wanted wanted = {.folders = words};

    int status = flags_read(command, words, wanted.given);
    if (status == 0) {
        for (; words[wanted.count] != NULL; wanted.count++)
            find_folder(&words[wanted.count]);
        status = check_words(&wanted);
    }
    if (status != 0)
        return status == FLAGS_DONE ? 0 : status;
    return show(&wanted);
}
