/* SPDX-License-Identifier: MIT */
/* Which waveform to show: see view_target.h. */
#include "view_target.h"

#include <errno.h>
#include <inttypes.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "fields.h"
#include "options/parse.h"
#include "runs.h"
#include "save_file.h"
#include "say.h"

#define SAVE      "wave.gtkw"
#define DIR_USUAL "lightsss"

static bool is_file(const char *path)
{
    struct stat status;

    return stat(path, &status) == 0 && S_ISREG(status.st_mode);
}

static bool is_directory(const char *path)
{
    struct stat status;

    return stat(path, &status) == 0 && S_ISDIR(status.st_mode);
}

/* A word of the command line that begins so is an option to the viewer. */
static void take_name(char to[PATH_MAX], const char *name)
{
    snprintf(to, PATH_MAX, "%s%s", *name == '-' ? "./" : "", name);
}

/* And the save file beside it; one that shows another waveform is of no use. */
static void take_wave(struct view_target *target, const char *path)
{
    const char *base = strrchr(path, '/');
    const size_t length = base != NULL ? (size_t)(base + 1 - path) : 0;

    snprintf(target->wave, sizeof target->wave, "%s", path);
    if ((unsigned)snprintf(target->save, sizeof target->save, "%.*s" SAVE, (int)length, path) >=
            sizeof target->save ||
        !is_file(target->save) || !save_file_shows(target->save, path + length))
        target->save[0] = '\0';
}

static bool take_run(struct view_target *target, const struct run *run)
{
    const char *why = fields_text(run->report, "replay.why");

    if (run->wave == NULL)
        say("%s has no waveform%s%s", run->directory, why != NULL ? ": " : "", why != NULL ? why : "");
    else if (!run->has_wave)
        say("the waveform %s is gone", run->wave);
    else
        take_wave(target, run->wave);
    return run->has_wave;
}

/* The directory of a run, or the newest below a directory. */
static bool take_newest(struct view_target *target, const char *directory)
{
    struct runs runs = {0};
    bool is_taken = false;

    if (access(directory, F_OK) == 0 || errno != ENOENT)
        runs_find(&runs, directory);
    runs_sort(&runs);
    if (runs.count > 0)
        is_taken = take_run(target, &runs.list[runs.count - 1]);
    else if (runs.unread == 0)
        say("no failed run in %s", directory);
    runs_free(&runs);
    return is_taken;
}

/* The newest run of that process. */
static bool take_process(struct view_target *target, const char *directory, uint64_t wanted)
{
    struct runs runs = {0};
    bool is_found = false, is_taken = false;
    uint64_t pid;

    if (access(directory, F_OK) == 0)
        runs_find(&runs, directory);
    runs_sort(&runs);
    for (size_t i = runs.count; i > 0 && !is_found; i--) {
        is_found = fields_number(runs.list[i - 1].report, "pid", &pid) && pid == wanted;
        is_taken = is_found && take_run(target, &runs.list[i - 1]);
    }
    runs_free(&runs);
    if (!is_found)
        say("no failed run of process %" PRIu64 " in %s", wanted, directory);
    return is_taken;
}

bool view_target_find(struct view_target *target, const char *name)
{
    const char *base = getenv("LIGHTSSS_DIR");
    char safe[PATH_MAX], runs[PATH_MAX], below[2 * PATH_MAX];
    uint64_t process;

    if (name != NULL && *name == '\0') {
        say("a directory has no name");
        return false;
    }
    take_name(runs, base != NULL && *base != '\0' ? base : DIR_USUAL);
    if (name == NULL)
        return take_newest(target, runs);
    take_name(safe, name);
    snprintf(below, sizeof below, "%s/%s", runs, name);
    int error = access(safe, F_OK) == 0 ? 0 : errno;
    if (is_directory(safe))
        return take_newest(target, safe);
    if (is_file(safe)) {
        take_wave(target, safe);
        return true;
    }
    if (error == ENOENT && *name != '/' && is_directory(below))
        return take_newest(target, below);
    if (error == ENOENT && parse_number(name, &process))
        return take_process(target, runs, process);
    say("%s: %s", name, error == 0 ? "it is neither a run directory nor a waveform" : strerror(error));
    return false;
}
