/* SPDX-License-Identifier: MIT */
/* Which waveform to show: see view_target.h. A run is a directory with a report.json, and the newest is the
 * one whose report was written last. */
#include "view_target.h"

#include <dirent.h>
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "save_file.h"
#include "say.h"

#define REPORT     "report.json"
#define SAVE       "wave.gtkw"
#define DIR_USUAL  "lightsss"
#define NO_WAVE    "\"wave\": null" /* as the library writes it; in a string a quote would be escaped */
#define REPORT_MAX (1u << 20)

/* Returns false where it would be too long, which nothing that is there has. */
static bool join(char path[PATH_MAX], const char *directory, const char *name)
{
    const char *slash = directory[strlen(directory) - 1] == '/' ? "" : "/";

    return (unsigned)snprintf(path, PATH_MAX, "%s%s%s", directory, slash, name) < PATH_MAX;
}

static bool is_file(const char *path, struct stat *status)
{
    return stat(path, status) == 0 && S_ISREG(status->st_mode);
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

static bool has_report(const char *directory, struct stat *status)
{
    char path[PATH_MAX];

    return join(path, directory, REPORT) && is_file(path, status);
}

static bool is_later(const struct timespec *a, const struct timespec *b)
{
    return a->tv_sec != b->tv_sec ? a->tv_sec > b->tv_sec : a->tv_nsec > b->tv_nsec;
}

/* The newest run of a directory; false: it has none, or cannot be read. */
static bool find_newest(const char *directory, char newest[PATH_MAX])
{
    struct timespec when = {.tv_sec = 0};
    const struct dirent *entry;
    char path[PATH_MAX];
    struct stat status;
    bool found = false;
    DIR *list = opendir(directory);

    while (list != NULL && (entry = readdir(list)) != NULL) {
        if (entry->d_name[0] == '.' || !join(path, directory, entry->d_name) || !has_report(path, &status))
            continue;
        if (found && !is_later(&status.st_mtim, &when))
            continue;
        found = true;
        when = status.st_mtim;
        memcpy(newest, path, sizeof path);
    }
    if (list != NULL)
        closedir(list);
    return found;
}

/* Where it shows another waveform, it is of no use. */
static void take_save(struct view_target *target)
{
    const char *base = strrchr(target->wave, '/');
    size_t length = base != NULL ? (size_t)(base + 1 - target->wave) : 0;
    char name[PATH_MAX];
    struct stat status;

    target->save[0] = '\0';
    if ((unsigned)snprintf(name, sizeof name, "%.*s" SAVE, (int)length, target->wave) >= sizeof name)
        return;
    if (is_file(name, &status) && save_file_shows(name, target->wave + length))
        memcpy(target->save, name, sizeof name);
}

/* Was none made? */
static bool says_none(const char *directory)
{
    static char report[REPORT_MAX];
    char path[PATH_MAX];
    FILE *file = join(path, directory, REPORT) ? fopen(path, "re") : NULL;

    if (file == NULL)
        return false;
    report[fread(report, 1, sizeof report - 1, file)] = '\0';
    fclose(file);
    return strstr(report, NO_WAVE) != NULL;
}

static bool take_run(struct view_target *target, const char *directory)
{
    static const char *const names[] = {"wave.vcd", "wave.fst"};
    struct stat status;

    for (size_t i = 0; i < sizeof names / sizeof *names; i++)
        if (join(target->wave, directory, names[i]) && is_file(target->wave, &status)) {
            take_save(target);
            return true;
        }
    if (says_none(directory))
        say("%s has no waveform; %s/report.json says why", directory, directory);
    else
        say("the waveform of %s is gone", directory);
    return false;
}

static bool take_newest(struct view_target *target, const char *directory)
{
    char newest[PATH_MAX];

    if (find_newest(directory, newest))
        return take_run(target, newest);
    if (access(directory, R_OK | X_OK) != 0 && errno != ENOENT)
        say("%s cannot be looked through: %s", directory, strerror(errno));
    else
        say("no failed run is in %s; name a run directory or a waveform, or set LIGHTSSS_DIR", directory);
    return false;
}

static bool take_named(struct view_target *target, const char *name)
{
    struct stat status;

    if (is_directory(name))
        return has_report(name, &status) ? take_run(target, name) : take_newest(target, name);
    snprintf(target->wave, sizeof target->wave, "%s", name);
    take_save(target);
    return true;
}

bool view_target_find(struct view_target *target, const char *name)
{
    const char *base = getenv("LIGHTSSS_DIR");
    char safe[PATH_MAX], runs[PATH_MAX], below[PATH_MAX];
    struct stat status;

    take_name(runs, base != NULL && *base != '\0' ? base : DIR_USUAL);
    if (name == NULL)
        return take_newest(target, runs);
    take_name(safe, name);
    if (is_directory(safe) || is_file(safe, &status))
        return take_named(target, safe);
    int error = stat(safe, &status) == 0 ? EINVAL : errno;
    if (error == ENOENT && strchr(name, '/') == NULL && join(below, runs, name) && is_directory(below))
        return take_named(target, below);
    say("%s: %s", name, error == EINVAL ? "it is neither a run directory nor a waveform" : strerror(error));
    return false;
}
