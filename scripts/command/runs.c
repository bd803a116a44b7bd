/* SPDX-License-Identifier: MIT */
/* Failed runs: see runs.h. No link below the folder is followed, and nothing is looked for inside of a run.
 */
#include "runs.h"

#include <dirent.h>
#include <errno.h>
#include <libgen.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "fields.h"
#include "run_files.h"
#include "say.h"

#define REPORT    "report.json"
#define PRINTED   "replay.stdout" /* of the replay, from its first moment on */
#define BYTES_MAX (64 << 20)      /* ours are some kilobytes */
#define DEPTH_MAX 100
#define NEST_MAX  32 /* of objects and arrays in each other; ours have five */
#define VERSION   1
#define WHY_SIZE  (JSON_ERROR_TEXT_LENGTH + 32)

static void refuse(struct runs *runs, const char *path, const char *why)
{
    say("%s cannot be read: %s", path, why);
    runs->unread++;
}

static void find_wave(struct run *run)
{
    const char *name = fields_text(run->report, "wave.path");

    if (name == NULL || !run_files_is_inside(name))
        return;
    run->wave = run_files_path(run->directory, name);
    if (run->wave == NULL)
        return;
    int fd = run_files_open(run->wave, &run->wave_bytes);
    run->has_wave = fd >= 0;
    if (fd >= 0)
        close(fd);
}

static time_t when_of(const struct run *run)
{
    const char *date = fields_text(run->report, "run.date");
    struct tm parts = {0};
    const char *end = date != NULL ? strptime(date, "%Y-%m-%dT%H:%M:%SZ", &parts) : NULL;

    return end != NULL && *end == '\0' ? timegm(&parts) : run->written.tv_sec;
}

static void add(struct runs *runs, const char *directory, const struct stat *status, json_t *report)
{
    if (runs->count == runs->room) {
        size_t room = runs->room * 2 + 16;
        struct run *list = reallocarray(runs->list, room, sizeof *list);
        if (list == NULL) {
            json_decref(report);
            refuse(runs, directory, strerror(ENOMEM));
            return;
        }
        runs->list = list;
        runs->room = room;
    }
    struct run *run = &runs->list[runs->count];
    *run = (struct run){
        .directory = strdup(directory), .written = status->st_mtim, .file = status->st_ino, .report = report};
    if (run->directory == NULL) {
        json_decref(report);
        refuse(runs, directory, strerror(ENOMEM));
        return;
    }
    runs->count++;
    run->when = when_of(run);
    find_wave(run);
}

/* Those who read what `--json` prints may have room for less than the reader here. */
static bool is_too_deep(json_t *json, unsigned depth)
{
    bool is_deep = depth > NEST_MAX;
    const char *key;
    json_t *member;
    size_t i;

    if (is_deep)
        return true;
    json_object_foreach(json, key, member) is_deep = is_deep || is_too_deep(member, depth + 1);
    json_array_foreach(json, i, member) is_deep = is_deep || is_too_deep(member, depth + 1);
    return is_deep;
}

static json_t *load(FILE *file, char *why, size_t size)
{
    json_error_t error;
    json_t *report = json_loadf(file, 0, &error);
    uint64_t version;

    if (report == NULL)
        snprintf(why, size, "line %d: %s", error.line, error.text);
    else if (is_too_deep(report, 0))
        snprintf(why, size, "it is nested too deeply for a report");
    else if (!fields_number(report, "version", &version))
        snprintf(why, size, "it is no report of lightsss");
    else if (version > VERSION)
        snprintf(why, size, "it is of a newer release (version %llu)", (unsigned long long)version);
    else
        return report;
    json_decref(report);
    return NULL;
}

static void read_report(struct runs *runs, const char *directory, const char *path, int fd, uint64_t bytes)
{
    char why[WHY_SIZE] = "it is too large for a report";
    struct stat status;
    FILE *file = fdopen(fd, "r");

    if (file == NULL || fstat(fd, &status) != 0) {
        refuse(runs, path, strerror(errno));
        if (file == NULL)
            close(fd);
    } else {
        json_t *report = bytes <= BYTES_MAX ? load(file, why, sizeof why) : NULL;
        if (report != NULL)
            add(runs, directory, &status, report);
        else
            refuse(runs, path, why);
    }
    if (file != NULL)
        fclose(file);
}

/* Is there a report in the directory? It is added then, or refused. */
static bool take(struct runs *runs, const char *directory)
{
    uint64_t bytes = 0;
    char *path = run_files_path(directory, REPORT);
    int fd = path != NULL ? run_files_open(path, &bytes) : -ENOMEM;
    /* Where the folder itself is not to be read, that is said once. */
    bool is_there = fd != -ENOENT && fd != -ENOTDIR && (fd != -EACCES || access(directory, X_OK) == 0);

    if (fd >= 0)
        read_report(runs, directory, path, fd, bytes);
    else if (is_there)
        refuse(runs, path != NULL ? path : directory, run_files_why(fd));
    free(path);
    return is_there;
}

/* A run whose disk was full has no report. */
static bool is_unfinished(const char *directory)
{
    char *path = run_files_path(directory, PRINTED);
    bool is_there = path != NULL && access(path, F_OK) == 0;

    free(path);
    return is_there;
}

static bool is_folder(const char *path, const struct dirent *entry)
{
    struct stat status;

    if (entry->d_type != DT_UNKNOWN)
        return entry->d_type == DT_DIR;
    return lstat(path, &status) == 0 && S_ISDIR(status.st_mode);
}

static void find(struct runs *runs, const char *folder, unsigned depth);

static void find_below(struct runs *runs, const char *folder, const struct dirent *entry, unsigned depth)
{
    const char *name = entry->d_name;

    if (strcmp(name, ".") == 0 || strcmp(name, "..") == 0 || (depth > 0 && strcmp(name, ".git") == 0))
        return;
    char *path = run_files_path(strcmp(folder, "/") == 0 ? "" : folder, name);
    if (path == NULL)
        refuse(runs, folder, strerror(ENOMEM));
    else if (is_folder(path, entry))
        find(runs, path, depth + 1);
    free(path);
}

static void find(struct runs *runs, const char *folder, unsigned depth)
{
    const struct dirent *entry;

    if (take(runs, folder))
        return;
    if (is_unfinished(folder)) {
        say("%s has no report.json: its replay has just begun, or could not write", folder);
        runs->unread++;
        return;
    }
    DIR *directory = depth < DEPTH_MAX ? opendir(folder) : NULL;
    if (directory == NULL) {
        if (errno != ENOENT || depth == 0) /* else it has just gone */
            refuse(runs, folder, depth < DEPTH_MAX ? strerror(errno) : "too many folders in each other");
        return;
    }
    while ((entry = readdir(directory)) != NULL)
        find_below(runs, folder, entry, depth);
    closedir(directory);
}

void runs_find(struct runs *runs, const char *folder)
{
    char *name = strdup(folder);
    size_t length = strlen(folder);

    if (name == NULL || length == 0) {
        say("%s", name == NULL ? "out of memory" : "a directory has no name");
        runs->unread++;
        free(name);
        return;
    }
    while (length > 1 && name[length - 1] == '/')
        name[--length] = '\0';
    find(runs, name, 0);
    free(name);
}

static const char *base_of(const char *path)
{
    const char *slash = strrchr(path, '/');

    return slash != NULL ? slash + 1 : path;
}

static void drop_others(struct runs *runs, const char *wave)
{
    const char *name = runs->count > 0 ? runs->list[0].wave : NULL;

    if (name == NULL || strcmp(base_of(name), base_of(wave)) != 0)
        runs_free(runs);
}

void runs_find_of(struct runs *runs, const char *wave)
{
    char why[WHY_SIZE];
    char *copy = strdup(wave), *directory = copy != NULL ? dirname(copy) : NULL;
    char *path = directory != NULL ? run_files_path(directory, REPORT) : NULL;
    uint64_t bytes = 0;
    int fd = path != NULL ? run_files_open(path, &bytes) : -1;
    FILE *file = fd >= 0 && bytes <= BYTES_MAX ? fdopen(fd, "r") : NULL;
    json_t *report = file != NULL ? load(file, why, sizeof why) : NULL;
    struct stat status;

    if (report != NULL && fstat(fd, &status) == 0)
        add(runs, directory, &status, report);
    else
        json_decref(report);
    drop_others(runs, wave);
    if (file != NULL)
        fclose(file);
    else if (fd >= 0)
        close(fd);
    free(path);
    free(copy);
}

static int compare(const void *left, const void *right)
{
    const struct run *a = left, *b = right;
    const int64_t pairs[][2] = {
        {a->when, b->when},
        {a->written.tv_sec, b->written.tv_sec},
        {a->written.tv_nsec, b->written.tv_nsec},
        {(int64_t)a->file, (int64_t)b->file},
    };

    for (size_t i = 0; i < sizeof pairs / sizeof *pairs; i++)
        if (pairs[i][0] != pairs[i][1])
            return pairs[i][0] < pairs[i][1] ? -1 : 1;
    return 0;
}

static void free_one(struct run *run)
{
    json_decref(run->report);
    free(run->directory);
    free(run->wave);
}

void runs_sort(struct runs *runs)
{
    size_t kept = 0;

    if (runs->count == 0)
        return;
    qsort(runs->list, runs->count, sizeof *runs->list, compare);
    for (size_t i = 1; i < runs->count; i++)
        if (compare(&runs->list[i], &runs->list[kept]) != 0)
            runs->list[++kept] = runs->list[i];
        else
            free_one(&runs->list[i]);
    runs->count = kept + 1;
}

void runs_free(struct runs *runs)
{
    for (size_t i = 0; i < runs->count; i++)
        free_one(&runs->list[i]);
    free(runs->list);
    *runs = (struct runs){0};
}
