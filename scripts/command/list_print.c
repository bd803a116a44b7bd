/* SPDX-License-Identifier: MIT */
/* See list_print.h. Names are the simulator's and may hold anything. */
#include "list_print.h"

#include <inttypes.h>
#include <pwd.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/text.h"
#include "base/u64.h"
#include "columns.h"
#include "json_print.h"
#include "live_rate.h"
#include "others.h"

#define SECOND_NS       UINT64_C(1000000000)
#define WORDS_SIZE      32
#define COMMAND_SIZE    4096
#define USER_COLUMNS    10
#define PROGRAM_COLUMNS 12
#define KIB             1024.0

/* How it is with the simulator. */
static const char *state_of(const struct live_run *run)
{
    if (run->pid == 0)
        return live_is_kept(run) ? "ended" : "killed";
    if (run->is_stopped)
        return "stopped";
    return live_replays(run) ? "replays" : "runs";
}

/* When it ended nobody knows. */
static bool has_age(const struct live_run *run)
{
    return run->pid != 0 && run->start_ns != 0;
}

/* Does the simulator make evals? */
static bool goes_on(const struct live_run *run)
{
    return run->pid != 0 && !run->is_stopped && !live_replays(run);
}

static const char *name_of(enum card_state state)
{
    static const char *const names[] = {
        [CARD_PARKED] = "parked", [CARD_REPLAYS] = "replays", [CARD_BESIDE] = "replays beside",
        [CARD_SPARE] = "spare",   [CARD_KEPT] = "kept",
    };

    return names[state];
}

static const char *user_of(uid_t user)
{
    static char number[16];
    const struct passwd *entry = getpwuid(user);

    if (entry != NULL)
        return entry->pw_name;
    snprintf(number, sizeof number, "%u", (unsigned)user);
    return number;
}

/* As it was started, which its copies have in common with it; each word ends in NUL. Returns the length; 0:
 * not known. */
static size_t read_command(const struct live_run *run, char words[COMMAND_SIZE])
{
    const int pid = run->pid == 0 && run->count > 0 ? run->snapshots[0].pid : run->pid;
    ssize_t length = pid != 0 ? others_read(pid, "cmdline", words, COMMAND_SIZE) : 0;

    return length > 0 ? (size_t)length : 0;
}

/* --- for people --- */

static const char *format_age(char words[WORDS_SIZE], uint64_t ns)
{
    const uint64_t seconds = ns / SECOND_NS;

    if (seconds < 60)
        snprintf(words, WORDS_SIZE, "%.1f s", (double)ns / (double)SECOND_NS);
    else if (seconds < 3600)
        snprintf(words, WORDS_SIZE, "%" PRIu64 " min %" PRIu64 " s", seconds / 60, seconds % 60);
    else
        snprintf(words, WORDS_SIZE, "%" PRIu64 " h %" PRIu64 " min", seconds / 3600, seconds / 60 % 60);
    return words;
}

static const char *format_rate(char words[WORDS_SIZE], const struct live_rate *rate)
{
    static const char units[] = {'\0', 'k', 'M', 'G'};
    double value = (double)rate->per_second_milli / 1000;
    size_t unit = 0;

    if (!rate->is_known)
        return "-";
    for (; value >= 1000 && unit + 1 < sizeof units; unit++)
        value /= 1000;
    snprintf(words, WORDS_SIZE, "%.*f%.1s", value < 100 ? 1 : 0, value, &units[unit]);
    return words;
}

static const char *format_memory(char words[WORDS_SIZE], const struct live_run *run, uint64_t bytes)
{
    const double mib = (double)bytes / KIB / KIB;

    if (!run->is_measured)
        return "memory not known";
    if (mib < KIB)
        snprintf(words, WORDS_SIZE, "%.1f MiB", mib);
    else
        snprintf(words, WORDS_SIZE, "%.1f GiB", mib / KIB);
    return words;
}

static void print_words(FILE *out, char words[COMMAND_SIZE], size_t length)
{
    while (length > 0 && words[length - 1] == '\0')
        length--;
    for (size_t i = 0; i < length; i++)
        if (words[i] == '\0')
            words[i] = ' ';
    words[length] = '\0';
    columns_trim(words, COMMAND_SIZE);
    text_hide_controls(words, strlen(words));
    fputs(words, out);
}

static void print_cell(FILE *out, const char *text, unsigned columns)
{
    columns_left(out, text, columns);
    fputs("  ", out);
}

static void print_state(FILE *out, const struct live_snapshot *snapshot, uint64_t now_ns)
{
    char left[WORDS_SIZE];

    if (snapshot->state != CARD_PARKED)
        fprintf(out, "  %s", name_of(snapshot->state));
    if (snapshot->state != CARD_KEPT)
        return;
    fprintf(out, " for %s: ", format_age(left, u64_difference(snapshot->until_ns, now_ns)));
    if (snapshot->directory == NULL)
        return;
    char *path = strdup(snapshot->directory);
    if (path != NULL)
        text_hide_controls(path, strlen(path));
    fputs(path != NULL ? path : "", out);
    free(path);
}

static void print_snapshot(FILE *out, const struct live_run *run, const struct live_snapshot *snapshot,
                           uint64_t now_ns)
{
    char age[WORDS_SIZE], memory[WORDS_SIZE];

    fprintf(out, "%9ssnapshot %-6" PRIu64 " %12s old  %10s  after eval %" PRIu64, "", snapshot->number,
            format_age(age, u64_difference(now_ns, snapshot->taken_ns)),
            format_memory(memory, run, snapshot->memory_bytes), snapshot->eval);
    print_state(out, snapshot, now_ns);
    fputc('\n', out);
}

static void print_run(FILE *out, const struct live_run *run, bool has_users, uint64_t now_ns)
{
    char program[CARD_PROGRAM_SIZE], words[COMMAND_SIZE], evals[WORDS_SIZE] = "-", age[WORDS_SIZE] = "-",
                                                          speed[WORDS_SIZE];
    const struct live_rate rate = live_rate(run, now_ns);

    memcpy(program, run->program, sizeof program);
    columns_trim(program, sizeof program);
    text_hide_controls(program, strlen(program));
    if (run->count > 0)
        snprintf(evals, sizeof evals, "%" PRIu64, rate.evals);
    if (has_age(run))
        format_age(age, u64_difference(now_ns, run->start_ns));
    fprintf(out, "%7d  ", run->pid != 0 ? run->pid : run->original_pid);
    if (has_users)
        print_cell(out, user_of(run->user), USER_COLUMNS);
    print_cell(out, program, PROGRAM_COLUMNS);
    fprintf(out, "%-7s  %12s  %12s  %7s  ", state_of(run), age, evals,
            goes_on(run) ? format_rate(speed, &rate) : "-");
    const size_t length = read_command(run, words);
    print_words(out, words, length);
    fputc('\n', out);
    for (size_t i = 0; i < run->count; i++)
        print_snapshot(out, run, &run->snapshots[i], now_ns);
    if (run->count == 0)
        fprintf(out, "%9sno snapshot\n", "");
}

static bool has_other_users(const struct live *live)
{
    for (size_t i = 0; i < live->count; i++)
        if (live->runs[i].user != geteuid())
            return true;
    return false;
}

void list_print_table(FILE *out, const struct live *live, uint64_t now_ns)
{
    const bool has_users = has_other_users(live);

    if (live->count == 0) {
        fputs("no live runs\n", out);
        return;
    }
    fprintf(out, "%7s  ", "PID");
    if (has_users)
        print_cell(out, "USER", USER_COLUMNS);
    print_cell(out, "PROGRAM", PROGRAM_COLUMNS);
    fprintf(out, "%-7s  %12s  %12s  %7s  %s\n", "STATE", "FOR", "EVALS", "EVALS/S", "COMMAND");
    for (size_t i = 0; i < live->count; i++)
        print_run(out, &live->runs[i], has_users, now_ns);
}

/* --- for scripts --- */

static void print_milli(FILE *out, uint64_t milli)
{
    fprintf(out, "%" PRIu64 ".%03" PRIu64, milli / 1000, milli % 1000);
}

static void print_json_snapshot(FILE *out, const struct live_run *run, const struct live_snapshot *snapshot,
                                uint64_t now_ns)
{
    fprintf(out,
            "{\"number\": %" PRIu64 ", \"pid\": %d, \"state\": \"%s\", \"eval\": %" PRIu64 ", \"age_s\": ",
            snapshot->number, snapshot->pid, name_of(snapshot->state), snapshot->eval);
    print_milli(out, u64_difference(now_ns, snapshot->taken_ns) / 1000000);
    if (run->is_measured)
        fprintf(out, ", \"memory_bytes\": %" PRIu64, snapshot->memory_bytes);
    else
        fputs(", \"memory_bytes\": null", out);
    if (snapshot->state == CARD_KEPT) {
        fputs(", \"left_s\": ", out);
        print_milli(out, u64_difference(snapshot->until_ns, now_ns) / 1000000);
        fputs(", \"run\": ", out);
        json_print_string(out, snapshot->directory);
        char *more = snapshot->directory != NULL ? json_print_more("run", snapshot->directory) : NULL;
        fputs(more != NULL ? more : "", out);
        free(more);
    }
    fputc('}', out);
}

static void print_json_command(FILE *out, const struct live_run *run)
{
    char words[COMMAND_SIZE];
    size_t length = read_command(run, words);

    fputs(", \"command\": [", out);
    for (size_t at = 0, size; at < length; at += size + 1) {
        size = strnlen(words + at, length - at);
        fputs(at == 0 ? "" : ", ", out);
        json_print_bytes(out, words + at, size);
    }
    fputs("], \"directory\": ", out);
    json_print_string(out, run->directory);
    char *more = run->directory != NULL ? json_print_more("directory", run->directory) : NULL;
    fputs(more != NULL ? more : "", out);
    free(more);
}

static void print_json_figures(FILE *out, const struct live_run *run, uint64_t now_ns)
{
    const struct live_rate rate = live_rate(run, now_ns);

    fputs(", \"seconds\": ", out);
    if (has_age(run))
        print_milli(out, u64_difference(now_ns, run->start_ns) / 1000000);
    else
        fputs("null", out);
    if (run->count > 0)
        fprintf(out, ", \"evals\": %" PRIu64 ", \"evals_per_s\": ", rate.evals);
    else
        fputs(", \"evals\": null, \"evals_per_s\": ", out);
    if (rate.is_known && goes_on(run))
        print_milli(out, rate.per_second_milli);
    else
        fputs("null", out);
}

static void print_json_run(FILE *out, const struct live_run *run, uint64_t now_ns)
{
    fputs("{\"program\": ", out);
    json_print_string(out, run->program);
    fprintf(out, ", \"pid\": %d, \"user\": ", run->pid != 0 ? run->pid : run->original_pid);
    json_print_string(out, user_of(run->user));
    fprintf(out, ", \"state\": \"%s\"", state_of(run));
    print_json_figures(out, run, now_ns);
    print_json_command(out, run);
    fputs(", \"snapshots\": [", out);
    for (size_t i = 0; i < run->count; i++) {
        fputs(i == 0 ? "" : ", ", out);
        print_json_snapshot(out, run, &run->snapshots[i], now_ns);
    }
    fputs("]}", out);
}

void list_print_json(FILE *out, const struct live *live, uint64_t now_ns, void (*print_gone)(FILE *out))
{
    fputs("{\"version\": 1, \"runs\": [", out);
    for (size_t i = 0; i < live->count; i++) {
        fputs(i == 0 ? "" : ", ", out);
        print_json_run(out, &live->runs[i], now_ns);
    }
    fputs("], \"gone\": ", out);
    print_gone(out);
    fputs("}\n", out);
}
