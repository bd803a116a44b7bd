/* SPDX-License-Identifier: MIT */
/* `lightsss clean`: removes run directories, and tells which. A directory that a run may still write to
 * stays, and so does one in which somebody has put a file of his own. */
#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <limits.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/utsname.h>
#include <time.h>
#include <unistd.h>

#include "base/text.h"
#include "clean_choice.h"
#include "commands.h"
#include "flags.h"
#include "live_look.h"
#include "options/parse.h"
#include "others.h"
#include "run_search.h"
#include "say.h"

#define KIB            1024.0
#define NS_PER_S       UINT64_C(1000000000)
#define SIZE_SIZE      32
#define FRESH_S        600 /* so long one without a report may be about to get it, on another host */
#define START_MARGIN_S 2   /* the kernel's clock and that of files differ */

enum { OLDER, KEEP, DRY_RUN, YES };

const struct flag clean_flags[] = {
    [OLDER] = {"--older", "AGE", "only those that are older: 12h, 7d, 2w"},
    [KEEP] = {"--keep", "N", "the newest N stay"},
    [DRY_RUN] = {"--dry-run", NULL, "only say what would be removed"},
    [YES] = {"--yes", NULL, "do not ask"},
    {NULL, NULL, NULL},
};

/* What was asked for. */
struct clean {
    uint64_t older_s, keep; /* 0: not given */
    bool dry_run, yes;
    bool is_whole; /* all was seen, and all that was to go has gone */
    struct run_search search;
    struct clean_choice *choices;
};

/* --- who may still write there --- */

/* Did it begin before something was last written there? Else it is a later one of the same number. */
static bool is_older(int64_t started_s, const struct run_folder *folder)
{
    return started_s <= folder->written_s + START_MARGIN_S;
}

static const struct live_run *find_live(const struct live *live, const struct run_folder *folder,
                                        int64_t now_s)
{
    struct timespec now;

    clock_gettime(CLOCK_MONOTONIC, &now);
    for (size_t i = 0; i < live->count; i++) {
        const struct live_run *run = &live->runs[i];
        int64_t age_s = run->start_ns != 0 ? now.tv_sec - (int64_t)(run->start_ns / NS_PER_S) : 0;
        bool is_named = run->original_pid == folder->pid && strcmp(run->program, folder->program) == 0;
        if (is_named && (run->start_ns == 0 || is_older(now_s - age_s, folder)))
            return run;
    }
    return NULL;
}

/* The same process still, also where nothing can be seen of its snapshots? */
static bool is_process(const struct run_folder *folder)
{
    int64_t started_s = others_started_s(folder->pid);

    return started_s != 0 && is_older(started_s, folder);
}

/* By the file that it runs. */
static bool is_called(int pid, const char *program)
{
    char path[PATH_MAX];
    const char *slash = others_link(pid, "exe", path, sizeof path) > 0 ? strrchr(path, '/') : NULL;

    return slash != NULL && strcmp(slash + 1, program) == 0;
}

static bool is_elsewhere(const struct run_folder *folder)
{
    struct utsname host;

    return folder->host[0] != '\0' && uname(&host) == 0 && strcmp(host.nodename, folder->host) != 0;
}

/* "3 d": how long ago something was last written there. */
static const char *format_age(char words[SIZE_SIZE], const struct run_folder *folder, int64_t now_s)
{
    static const struct {
        int64_t seconds;
        const char *name;
    } units[] = {{86400, "d"}, {3600, "h"}, {60, "min"}, {1, "s"}};
    int64_t age_s = now_s > folder->written_s ? now_s - folder->written_s : 0;
    size_t unit = 0;

    while (units[unit].seconds > age_s && units[unit].seconds > 1)
        unit++;
    snprintf(words, SIZE_SIZE, "%" PRId64 " %s", age_s / units[unit].seconds, units[unit].name);
    return words;
}

/* Why it stays; NULL: it need not. */
static const char *reason_to_hold(const struct run_folder *folder, const struct live *live, int64_t now_s)
{
    static char reason[NAME_MAX + RUN_FOLDER_HOST_SIZE + 128];
    bool is_here = !is_elsewhere(folder);
    char age[SIZE_SIZE];

    if (folder->has_other_report)
        return "its report.json is not of this run, or was edited";
    const struct live_run *run = find_live(live, folder, now_s);
    if (run != NULL && live_is_kept(run))
        return "its snapshot is kept: lightsss drop lets go of it";
    if (run != NULL || (is_here && is_process(folder) && is_called(folder->pid, folder->program)))
        return "its run is alive";
    format_age(age, folder, now_s);
    if (is_here && is_process(folder))
        snprintf(reason, sizeof reason, "process %d is older than it, and may be its run", folder->pid);
    else if (!folder->has_report && now_s < folder->written_s + FRESH_S)
        snprintf(reason, sizeof reason,
                 "it has no report and was written to %s ago; a replay may be at work on another host", age);
    else if (folder->has_report && !folder->is_finished && !is_here)
        snprintf(reason, sizeof reason,
                 "its replay on %s was not done when it was last written to, %s ago; clean there",
                 folder->host, age);
    else if (folder->stranger[0] != '\0')
        snprintf(reason, sizeof reason, "%s in it is not the library's", folder->stranger);
    else
        return NULL;
    return reason;
}

static void hold_some(struct clean *clean, const struct live *live, int64_t now_s)
{
    for (size_t i = 0; i < clean->search.count; i++) {
        const struct run_found *found = &clean->search.list[i];
        const char *reason = clean->choices[i].goes ? reason_to_hold(&found->folder, live, now_s) : NULL;
        if (reason == NULL)
            continue;
        clean->choices[i].goes = false;
        say("%s stays: %s", found->path, reason);
    }
}

static int choose(struct clean *clean)
{
    const int64_t now_s = time(NULL);
    struct live live;

    clean->choices = calloc(clean->search.count + 1, sizeof *clean->choices);
    if (clean->choices == NULL || live_look(&live, false) < 0) {
        say("out of memory");
        return SAY_BROKEN;
    }
    for (size_t i = 0; i < clean->search.count; i++)
        clean->choices[i].time_s = clean->search.list[i].folder.time_s;
    clean_choice_make(clean->choices, clean->search.count, now_s, clean->older_s, clean->keep);
    hold_some(clean, &live, now_s);
    live_free(&live);
    return 0;
}

/* --- what goes --- */

static const char *format_size(char words[SIZE_SIZE], uint64_t bytes)
{
    static const char *const units[] = {"KiB", "MiB", "GiB", "TiB"};
    double size = (double)bytes / KIB;
    size_t unit = 0;

    for (; size >= KIB && unit + 1 < sizeof units / sizeof *units; unit++)
        size /= KIB;
    snprintf(words, SIZE_SIZE, "%.1f %s", size, units[unit]);
    return words;
}

static void print_one(const struct run_found *found, const char *what)
{
    char size[SIZE_SIZE];
    char *path = strdup(found->path);

    if (path != NULL)
        text_hide_controls(path, strlen(path));
    printf("%s %s (%s)\n", what, path != NULL ? path : "", format_size(size, found->folder.bytes));
    free(path);
}

struct sum {
    size_t count;
    uint64_t bytes;
};

static struct sum sum_of(const struct clean *clean)
{
    struct sum sum = {0, 0};

    for (size_t i = 0; i < clean->search.count; i++)
        if (clean->choices[i].goes) {
            sum.count++;
            sum.bytes += clean->search.list[i].folder.bytes;
        }
    return sum;
}

static void print_plan(const struct clean *clean)
{
    for (size_t i = 0; i < clean->search.count; i++)
        if (clean->choices[i].goes)
            print_one(&clean->search.list[i], "would remove");
}

static void print_sum(const struct sum *sum, const char *what)
{
    char size[SIZE_SIZE];

    printf("%s %zu run director%s, %s\n", what, sum->count, sum->count == 1 ? "y" : "ies",
           format_size(size, sum->bytes));
}

static void remove_all(struct clean *clean)
{
    struct sum sum = {0, 0};

    for (size_t i = 0; i < clean->search.count; i++) {
        const struct run_found *found = &clean->search.list[i];
        if (!clean->choices[i].goes)
            continue;
        int r = run_folder_remove(AT_FDCWD, found->path, &found->folder);
        if (r < 0) {
            say("%s could not be removed: %s", found->path, strerror(-r));
            clean->is_whole = false;
            continue;
        }
        print_one(found, "removed");
        sum.count++;
        sum.bytes += found->folder.bytes;
    }
    print_sum(&sum, "removed");
}

/* Everything is to go, and nobody has said so. Returns 0 where it may. */
static int ask(const struct clean *clean, const struct sum *sum)
{
    char size[SIZE_SIZE], answer[16];

    if (!isatty(STDIN_FILENO) || !isatty(STDOUT_FILENO)) {
        say("this would remove all %zu run directories (%s): give --older, --keep or --yes", sum->count,
            format_size(size, sum->bytes));
        return SAY_USAGE;
    }
    print_plan(clean);
    printf("remove all %zu run directories (%s)? [y/N] ", sum->count, format_size(size, sum->bytes));
    fflush(stdout);
    if (fgets(answer, sizeof answer, stdin) != NULL && (*answer == 'y' || *answer == 'Y'))
        return 0;
    say("nothing was removed");
    return SAY_FAILED;
}

static int clean_up(struct clean *clean)
{
    const struct sum sum = sum_of(clean);

    if (sum.count == 0) {
        puts("nothing to remove");
    } else if (clean->dry_run) {
        print_plan(clean);
        print_sum(&sum, "would remove");
    } else {
        bool is_chosen = clean->older_s != 0 || clean->keep != 0 || clean->yes;
        int status = is_chosen ? 0 : ask(clean, &sum);
        if (status != 0)
            return status;
        remove_all(clean);
    }
    return clean->is_whole ? 0 : SAY_FAILED;
}

/* --- the command --- */

static int read_values(struct clean *clean, const char *const values[FLAGS_MAX])
{
    clean->dry_run = values[DRY_RUN] != NULL;
    clean->yes = values[YES] != NULL;
    if (values[OLDER] != NULL && !clean_choice_parse_age(values[OLDER], &clean->older_s)) {
        say("--older=%s is not valid: give a time such as 12h, 7d or 2w", values[OLDER]);
        return SAY_USAGE;
    }
    if (values[KEEP] != NULL && (!parse_number(values[KEEP], &clean->keep) || clean->keep == 0)) {
        say("--keep=%s is not valid: give a number from 1 on", values[KEEP]);
        return SAY_USAGE;
    }
    return 0;
}

static void search(struct clean *clean, char **folders)
{
    const char *variable = getenv("LIGHTSSS_DIR");

    clean->is_whole = true;
    if (*folders == NULL)
        clean->is_whole = run_search_below(
            &clean->search, variable != NULL && *variable != '\0' ? variable : "lightsss", true);
    for (; *folders != NULL; folders++)
        clean->is_whole = run_search_below(&clean->search, *folders, false) && clean->is_whole;
}

int clean_command(const struct command *command, char **words)
{
    const char *values[FLAGS_MAX];
    struct clean clean = {.keep = 0};

    int status = flags_read(command, words, values);
    if (status == 0)
        status = read_values(&clean, values);
    if (status != 0)
        return status == FLAGS_DONE ? 0 : status;
    search(&clean, words);
    status = choose(&clean);
    if (status == 0)
        status = clean_up(&clean);
    free(clean.choices);
    run_search_free(&clean.search);
    return status;
}
