/* SPDX-License-Identifier: MIT */
/* `lightsss report`: failed runs as a table, as JSON or as a page, and last values of signals. Options may
 * stand before and behind the folders. */
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "commands.h"
#include "fields.h"
#include "markup.h"
#include "options/options.h"
#include "options/parse.h"
#include "page.h"
#include "runs.h"
#include "say.h"
#include "signals.h"
#include "table.h"

#define PRECISION 15

enum option {
    JSON,
    HTML,
    SIGNALS,
    RADIX,
    HELP,
    OPTIONS,
};

static const char *const names[OPTIONS] = {"--json", "--html", "--signals", "--radix", "--help"};
/* What the value is; NULL: it has none. */
static const char *const values[OPTIONS] = {
    [HTML] = "the name of a file",
    [SIGNALS] = "names of signals with commas between, such as TOP.core.pc,TOP.core.valid",
    [RADIX] = "hex, bin or dec",
};

/* What was typed. */
struct wanted {
    char *given[OPTIONS]; /* its value, or its name; NULL: it was not given */
    char **folders;       /* and a NULL */
    size_t count;
    enum signal_value_radix radix;
};

/* --- words --- */

static int take_option(struct wanted *wanted, char ***words)
{
    char *word = **words;
    size_t length = strcspn(word, "=");

    for (unsigned i = 0; i < OPTIONS; i++) {
        if (strlen(names[i]) != length || memcmp(names[i], word, length) != 0)
            continue;
        bool has_value = word[length] == '=';
        if (values[i] == NULL && has_value) {
            say("%s takes no value", names[i]);
            return SAY_USAGE;
        }
        wanted->given[i] = values[i] == NULL ? word : has_value ? word + length + 1 : *++*words;
        if (wanted->given[i] != NULL && *wanted->given[i] != '\0')
            return 0;
        say("%s needs a value: give %s", names[i], values[i]);
        return SAY_USAGE;
    }
    word[length] = '\0';
    say("unknown option %s; did you mean %s?", word, names[parse_nearest(word, names, OPTIONS)]);
    return SAY_USAGE;
}

/* Puts the folders one behind the other into `words`, where they were. */
static int read_words(struct wanted *wanted, char **words)
{
    bool has_options = true;

    wanted->folders = words;
    for (; *words != NULL; words++) {
        if (has_options && strcmp(*words, "--") == 0)
            has_options = false;
        else if (has_options && strcmp(*words, "-h") == 0)
            wanted->given[HELP] = *words;
        else if (has_options && **words == '-') {
            int status = take_option(wanted, &words);
            if (status != 0)
                return status;
        } else
            wanted->folders[wanted->count++] = *words;
    }
    wanted->folders[wanted->count] = NULL;
    return 0;
}

static int check_words(struct wanted *wanted)
{
    if (wanted->given[RADIX] != NULL && !signal_value_radix_of(wanted->given[RADIX], &wanted->radix)) {
        say("--radix=%s is not valid: give %s", wanted->given[RADIX], values[RADIX]);
        return SAY_USAGE;
    }
    if (wanted->given[SIGNALS] == NULL && wanted->given[RADIX] != NULL) {
        say("--radix is for --signals");
        return SAY_USAGE;
    }
    if (wanted->given[SIGNALS] != NULL && (wanted->given[JSON] != NULL || wanted->given[HTML] != NULL)) {
        say("--signals goes neither with --json nor with --html");
        return SAY_USAGE;
    }
    if (wanted->given[SIGNALS] != NULL && wanted->count > 1) {
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

/* The report with its directory in front. A name that is no UTF-8 cannot be in JSON. */
static json_t *with_directory(const struct run *run)
{
    json_t *all = json_object();
    char *directory = markup_utf8(run->directory);

    if (all == NULL || directory == NULL ||
        json_object_set_new(all, "directory", json_string(directory)) != 0 ||
        json_object_update_missing(all, run->report) != 0) {
        json_decref(all);
        all = NULL;
    }
    free(directory);
    return all;
}

static int print_json(const struct runs *runs)
{
    json_t *array = json_array();
    int failed = array == NULL;

    for (size_t i = 0; i < runs->count && failed == 0; i++)
        failed = json_array_append_new(array, with_directory(&runs->list[i]));
    if (failed != 0)
        say("out of memory");
    else {
        json_dumpf(array, stdout, JSON_INDENT(2) | JSON_REAL_PRECISION(PRECISION));
        putchar('\n');
    }
    json_decref(array);
    return failed != 0 ? SAY_BROKEN : 0;
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
    } else if (run != NULL)
        status = signals_print(run->wave, wanted->given[SIGNALS], wanted->radix);
    runs_free(&runs);
    return status;
}

static int show(const struct wanted *wanted)
{
    if (wanted->given[SIGNALS] == NULL)
        return show_runs(wanted);
    if (wanted->count == 1 && is_file(wanted->folders[0]))
        return signals_print(wanted->folders[0], wanted->given[SIGNALS], wanted->radix);
    return show_signals_of_run(wanted);
}

int report_command(const struct command *command, char **words)
{
    struct wanted wanted = {0};

    int status = read_words(&wanted, words);
    if (status == 0 && wanted.given[HELP] != NULL) {
        help_one(command);
        return 0;
    }
    if (status == 0)
        status = check_words(&wanted);
    if (status != 0)
        return status;
    return show(&wanted);
}
