/* SPDX-License-Identifier: MIT */
/* Words only: nothing is found out here that the library, the loader or the kernel have not said. */
#include "diagnosis.h"

#include <dirent.h>
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

#include "wave_check.h"

#define PATH_SIZE (size_t)(3 * PATH_MAX)
#define OUR_LINE  "lightsss: "
#define NO_WAVE   "no waveform: "
#define PLACE     "; the report is in "
#define NO_DIRECTORY                                                                                         \
    "no run directory can be made in %s: %s; set LIGHTSSS_DIR to a place that can be written to"
#define FOR_NOW "no snapshot for now: " /* said again as what the look came to */
#define NO_ROOM "room: "
#define THE_END "running without snapshots" /* what the library says where nothing will work */

static struct diagnosis *current; /* for the callback of options_read() */

static void note_line(const char *line)
{
    findings_note(&current->findings, "%s", line);
}

void diagnosis_begin(struct diagnosis *diagnosis, const char *name, bool wants_rehearsal)
{
    current = diagnosis;
    diagnosis->name = name;
    diagnosis->wants_rehearsal = wants_rehearsal;
    options_read(&diagnosis->options, environ, note_line);
    if (!diagnosis->options.enabled)
        findings_problem(&diagnosis->findings, "LIGHTSSS=0: the library stays inert; unset it");
    if (diagnosis->options.wave == WAVE_OFF)
        findings_problem(&diagnosis->findings,
                         "LIGHTSSS_WAVE=off: a failure would leave a report only; unset it");
    program_look(&diagnosis->program, name);
    if (diagnosis->program.why[0] != '\0')
        findings_problem(&diagnosis->findings, "%s", diagnosis->program.why);
}

/* --- what the library said --- */

/* Lines that end in THE_END are problems, others are news. Returns whether there was a problem. */
static bool take_lines(struct diagnosis *diagnosis, const struct record *record)
{
    char line[FINDINGS_SIZE];
    bool found = false;

    for (size_t i = 0; i < record->count && strcmp(record->lines[i], "rehearsal") != 0; i++) {
        if (strncmp(record->lines[i], OUR_LINE, strlen(OUR_LINE)) != 0)
            continue;
        snprintf(line, sizeof line, "%s", record->lines[i] + strlen(OUR_LINE));
        if (strncmp(line, FOR_NOW, strlen(FOR_NOW)) == 0)
            continue;
        char *end = strstr(line, THE_END);
        if (end == NULL) {
            findings_note(&diagnosis->findings, "%s", line);
            continue;
        }
        while (end > line && (end[-1] == ' ' || end[-1] == ';' || end[-1] == ':'))
            end--;
        *end = '\0';
        findings_problem(&diagnosis->findings, "%s", line);
        found = true;
    }
    return found;
}

/* The loader's own words, where it would not preload; else the last thing that the program said. */
static void last_words(const struct launch *launch, char words[FINDINGS_SIZE])
{
    char path[2 * PATH_MAX], *line = NULL;
    size_t size = 0;

    words[0] = '\0';
    snprintf(path, sizeof path, "%s" LAUNCH_STDERR, launch->directory);
    FILE *file = fopen(path, "re");
    if (file == NULL)
        return;
    while (getline(&line, &size, file) > 0) {
        line[strcspn(line, "\n")] = '\0';
        if (*line != '\0')
            snprintf(words, FINDINGS_SIZE, "%.400s", line);
        if (strstr(line, "ld.so") != NULL)
            break;
    }
    free(line);
    fclose(file);
}

static double seconds(uint64_t ns)
{
    return (double)ns / 1e9;
}

static void describe_status(int status, char text[64])
{
    if (WIFSIGNALED(status))
        snprintf(text, 64, "killed by %s", strsignal(WTERMSIG(status)));
    else
        snprintf(text, 64, "exit status %d", WEXITSTATUS(status));
}

/* The program was started, and the library has nothing to say. */
static void explain_silence(struct diagnosis *diagnosis, const struct launch *launch, enum launch_end end)
{
    struct findings *findings = &diagnosis->findings;
    char status[64], words[FINDINGS_SIZE];

    describe_status(launch->status, status);
    last_words(launch, words);
    if (end == LAUNCH_REFUSED)
        findings_problem(findings, "%s cannot be started: %s", diagnosis->name, strerror(launch->error));
    else if (end == LAUNCH_TOO_SLOW)
        findings_problem(findings,
                         "%s did not come to the library in %.3g s; look what holds it up at its start, or "
                         "give it more --patience",
                         diagnosis->name, seconds(launch->patience_ns));
    else
        findings_problem(findings, "the library did not get into %s (%s)%s%s; look at what it needs with ldd",
                         diagnosis->name, status, *words != '\0' ? ": " : "", words);
}

static bool has_room(struct diagnosis *diagnosis, const struct record *record)
{
    const char *snapshot = record_value(record, "snapshot");

    if (snapshot == NULL || strncmp(snapshot, NO_ROOM, strlen(NO_ROOM)) != 0)
        return true;
    findings_problem(&diagnosis->findings, "no snapshot can be taken: %s", snapshot + strlen(NO_ROOM));
    return false;
}

static void take_trials(struct diagnosis *diagnosis, bool explained)
{
    const char *snapshot = record_value(&diagnosis->look, "snapshot");
    const char *directory = record_value(&diagnosis->look, "directory");
    struct findings *findings = &diagnosis->findings;

    if (directory != NULL && strcmp(directory, "ok") != 0)
        findings_problem(findings, NO_DIRECTORY, diagnosis->options.dir, directory);
    if (snapshot != NULL && strcmp(snapshot, "ok") == 0)
        return;
    if (!has_room(diagnosis, &diagnosis->look))
        return;
    if (!explained)
        findings_problem(findings,
                         "no snapshot can be taken (%s); allow it in the sandbox, or raise the limit of "
                         "processes (ulimit -u) or of memory",
                         snapshot != NULL ? snapshot : "it was not tried");
}

void diagnosis_look(struct diagnosis *diagnosis, const struct launch *launch, enum launch_end end)
{
    struct findings *findings = &diagnosis->findings;
    struct record *look = &diagnosis->look;

    record_read(look, launch->directory);
    if (end != LAUNCH_ENDED || !record_has(look, "looked")) {
        explain_silence(diagnosis, launch, end);
        return;
    }
    bool explained = take_lines(diagnosis, look);
    if (!record_has(look, "program"))
        findings_problem(findings, "/proc is not there, so that nothing can be found; mount it");
    else if (record_has(look, "hook"))
        take_trials(diagnosis, explained);
    else
        diagnosis->no_model = !explained;
}

bool diagnosis_can_rehearse(const struct diagnosis *diagnosis)
{
    return !findings_has_problem(&diagnosis->findings);
}

/* --- the rehearsal --- */

/* The only waveform under the directory. */
static const char *find_wave(const char *directory, char path[PATH_SIZE])
{
    static const char *const names[] = {"wave.vcd", "wave.fst"};
    DIR *runs = opendir(directory);
    const struct dirent *run;
    const char *found = NULL;

    while (runs != NULL && found == NULL && (run = readdir(runs)) != NULL)
        for (size_t i = 0; run->d_name[0] != '.' && i < 2 && found == NULL; i++) {
            snprintf(path, PATH_SIZE, "%s/%s/%s", directory, run->d_name, names[i]);
            if (access(path, F_OK) == 0)
                found = path;
        }
    if (runs != NULL)
        closedir(runs);
    return found;
}

/* Why there is none: the library's last line. The place that it names is gone by then. */
static void explain_no_wave(struct diagnosis *diagnosis)
{
    const struct record *record = &diagnosis->rehearsal;
    const char *last = "the replay came to no end", *place;

    for (size_t i = 0; i < record->count; i++)
        if (strncmp(record->lines[i], OUR_LINE, strlen(OUR_LINE)) == 0)
            last = record->lines[i] + strlen(OUR_LINE);
    if (strncmp(last, NO_WAVE, strlen(NO_WAVE)) == 0)
        last += strlen(NO_WAVE);
    place = strstr(last, PLACE);
    findings_problem(&diagnosis->findings, "the rehearsal left no waveform: %.*s",
                     (int)(place != NULL ? (size_t)(place - last) : strlen(last)), last);
}

static void take_rehearsal(struct diagnosis *diagnosis)
{
    const char *verdict = record_value(&diagnosis->rehearsal, "verdict");
    char path[PATH_SIZE];
    uint64_t bytes;

    if (!record_has(&diagnosis->rehearsal, "wave") || verdict == NULL ||
        find_wave(diagnosis->wave_directory, path) == NULL) {
        explain_no_wave(diagnosis);
        return;
    }
    const char *why = wave_check(path, &bytes);
    if (why != NULL)
        findings_problem(&diagnosis->findings, "the rehearsal's waveform is not whole: %s", why);
    else if (strcmp(verdict, "reproduced") != 0)
        findings_problem(&diagnosis->findings, "the rehearsal's replay did not do what the original did (%s)",
                         verdict);
    else
        diagnosis->wave_bytes = bytes;
}

/* It ended, or did not get far enough. */
static void explain_no_rehearsal(struct diagnosis *diagnosis, const struct launch *launch,
                                 enum launch_end end)
{
    struct findings *findings = &diagnosis->findings;
    bool has_model = record_has(&diagnosis->rehearsal, "hook");
    char status[64], words[FINDINGS_SIZE];

    describe_status(launch->status, status);
    last_words(launch, words);
    if (end == LAUNCH_REFUSED)
        findings_problem(findings, "%s cannot be started: %s", diagnosis->name, strerror(launch->error));
    else if (end == LAUNCH_TOO_SLOW)
        findings_problem(
            findings, "%s in %.3g s; give it arguments with which it simulates at once, or more --patience",
            has_model ? "the model had not done enough evals" : "no model was seen",
            seconds(launch->patience_ns));
    else
        findings_problem(findings, "%s ended (%s) %s%s%s%s", diagnosis->name, status,
                         has_model ? "before the model had done enough evals"
                                   : "and nothing that it started held a Verilator model",
                         *words != '\0' ? " (it said: " : "", words, *words != '\0' ? ")" : "");
}

/* What the library tries in a look: where there was none in the simulator, this must do. */
static void check_directory(struct diagnosis *diagnosis)
{
    const char *directory = diagnosis->options.dir;
    char parent[PATH_MAX] = ".";

    if (access(directory, F_OK) == 0) {
        snprintf(parent, sizeof parent, "%s", directory);
    } else if (strchr(directory, '/') != NULL) {
        snprintf(parent, sizeof parent, "%s", directory);
        strrchr(parent, '/')[parent[0] == '/' && strrchr(parent, '/') == parent] = '\0';
    }
    if (access(parent, W_OK | X_OK) != 0)
        findings_problem(&diagnosis->findings, NO_DIRECTORY, directory, strerror(errno));
}

/* What the user has misspelt in a variable that only a replay looks at. */
static void take_misspelt(struct diagnosis *diagnosis, const struct record *record)
{
    static const char begins[] = OUR_LINE "LIGHTSSS_";

    for (size_t i = 0; record_has(record, "rehearsal") && i < record->count; i++)
        if (strncmp(record->lines[i], begins, strlen(begins)) == 0)
            findings_note(&diagnosis->findings, "%s", record->lines[i] + strlen(OUR_LINE));
}

void diagnosis_rehearsal(struct diagnosis *diagnosis, const struct launch *launch, enum launch_end end)
{
    struct record *record = &diagnosis->rehearsal;

    record_read(record, launch->directory);
    take_lines(diagnosis, record);
    take_misspelt(diagnosis, record);
    if (findings_has_problem(&diagnosis->findings))
        return;
    if (!record_has(&diagnosis->look, "hook"))
        check_directory(diagnosis);
    if (!has_room(diagnosis, record))
        return;
    if (record_has(record, "rehearsal"))
        take_rehearsal(diagnosis);
    else
        explain_no_rehearsal(diagnosis, launch, end);
}

/* --- printing --- */

static void print_program(const struct diagnosis *diagnosis)
{
    if (diagnosis->program.path[0] == '\0')
        findings_row("Program", "%s", diagnosis->name);
    else if (diagnosis->program.kind == PROGRAM_SCRIPT)
        findings_row("Program", "%s, a script for %s", diagnosis->program.path,
                     diagnosis->program.interpreter);
    else
        findings_row("Program", "%s", diagnosis->program.path);
    if (diagnosis->library != NULL)
        findings_row("Library", "%s", diagnosis->library);
}

/* "hook NAME ADDRESS BYTES OBJECT" */
static void print_hooks(const struct record *record)
{
    char model[256], address[32], bytes[32], object[PATH_MAX];
    const char *value, *program = record_value(record, "program");
    size_t at = 0;

    while ((value = record_next(record, "hook", &at)) != NULL) {
        if (sscanf(value, "%255s %31s %31s %4095[^\n]", model, address, bytes, object) != 4)
            continue;
        bool elsewhere = program != NULL && strcmp(basename(object), program) != 0;
        findings_row("Model", "%s", model);
        findings_row("Eval", "%s::eval_step() at 0x%s%s%s, %s bytes of it moved", model, address,
                     elsewhere ? " of " : "", elsewhere ? object : "", bytes);
    }
}

static void print_model(const struct diagnosis *diagnosis, const struct record *record)
{
    const char *format = record_value(record, "format"), *time = record_value(record, "time");

    print_hooks(record);
    findings_row("Verilator", "%s", record_value(record, "verilator"));
    if (diagnosis->options.wave == WAVE_OFF)
        findings_row("Waveform", "off (LIGHTSSS_WAVE)");
    else
        findings_row("Waveform", "%s",
                     format == NULL || strcmp(format, "none") == 0 ? "none: no tracer"
                     : strcmp(format, "fst") == 0                  ? "FST"
                                                                   : "VCD");
    if (time != NULL && strcmp(time, "stamp") == 0)
        findings_row("Time", "sc_time_stamp() or vl_time_stamp64() of the program");
    else
        findings_row("Time", "the context's; where that stays 0, evals times LIGHTSSS_TICK");
}

/* Milliseconds with two decimals. */
static double ms(unsigned long long ns)
{
    return (double)ns / 1e6;
}

static void print_costs(const struct diagnosis *diagnosis)
{
    const struct record *record = &diagnosis->rehearsal;

    if (!record_has(record, "rehearsal")) {
        const char *snapshot = record_value(&diagnosis->look, "snapshot");
        bool possible = snapshot != NULL && strcmp(snapshot, "ok") == 0;
        findings_row("Threads", "known after the first eval: use --rehearse");
        if (possible)
            findings_row("Snapshot", "can be taken; what it costs: use --rehearse");
        return;
    }
    findings_row("Threads", "%llu besides the one that evaluates the model",
                 record_number(record, "threads"));
    if (record_has(record, "stall"))
        findings_row("Snapshot", "the simulator stood still for %.2f ms", ms(record_number(record, "stall")));
    if (diagnosis->wave_bytes > 0)
        findings_row("Replay", "first dump %.2f ms after the wake, %llu bytes, waveform whole",
                     ms(record_number(record, "wake")), (unsigned long long)diagnosis->wave_bytes);
}

/* What will stand in the way of a simulator that is larger; known best by its rehearsal. */
static void note_limits(struct diagnosis *diagnosis)
{
    const struct record *record =
        record_has(&diagnosis->rehearsal, "rehearsal") ? &diagnosis->rehearsal : &diagnosis->look;
    const char *value;
    size_t at = 0;

    while ((value = record_next(record, "limit", &at)) != NULL)
        findings_note(&diagnosis->findings, "%s", value);
}

static void print_choices(const struct options *options)
{
    char kinds[128] = "", directory[PATH_MAX] = "";

    for (unsigned kind = END_EXIT; kind <= END_FINISH; kind++)
        if ((options->failures.kinds & 1u << kind) != 0) {
            size_t length = strlen(kinds);
            snprintf(kinds + length, sizeof kinds - length, "%s%s", length > 0 ? ", " : "",
                     end_kind_name((enum end_kind)kind));
        }
    findings_row("Failures", "%s", kinds);
    if (options->dir[0] == '/' || getcwd(directory, sizeof directory) == NULL)
        findings_row("Directory", "%s", options->dir);
    else
        findings_row("Directory", "%s/%s", directory, options->dir);
}

/* Nothing was found, and nothing is wrong: it may come later. */
static void explain_no_model(struct diagnosis *diagnosis)
{
    if (diagnosis->rehearsal.text != NULL || diagnosis->wants_rehearsal)
        return;
    if (diagnosis->program.kind == PROGRAM_SCRIPT)
        findings_problem(
            &diagnosis->findings,
            "%s is a script: no Verilator model is in it at its start; lightsss doctor --rehearse "
            "runs it and looks at what it starts",
            diagnosis->name);
    else if (diagnosis->no_model)
        findings_problem(
            &diagnosis->findings,
            "no Verilator model is in %s at its start; give the simulator itself, or let lightsss "
            "doctor --rehearse run it and look at what it starts",
            diagnosis->name);
}

int diagnosis_print(struct diagnosis *diagnosis)
{
    const struct record *found =
        record_has(&diagnosis->look, "hook") ? &diagnosis->look : &diagnosis->rehearsal;

    explain_no_model(diagnosis);
    print_program(diagnosis);
    if (record_has(found, "hook")) {
        print_model(diagnosis, found);
        print_costs(diagnosis);
        print_choices(&diagnosis->options);
    }
    note_limits(diagnosis);
    int status = findings_end(&diagnosis->findings);
    record_free(&diagnosis->look);
    record_free(&diagnosis->rehearsal);
    return status;
}
