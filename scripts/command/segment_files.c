/* SPDX-License-Identifier: MIT */
/* See segment_files.h. The run directory is the user's own; root's command makes files for that user, too. */
#include "segment_files.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "fields.h"
#include "report_file.h"
#include "segment_report.h"

#define NAME_SIZE   64
#define REPLAYS_MAX 1000u
#define VIEW_SIZE   ((size_t)1 << 20)
#define VIEW        "wave.gtkw"
#define REPORT      "report.json"
#define NEW_NAME    ".new"

/* What root makes there is who owns the directory's. */
static int create_in(int directory, const char *name)
{
    const int fd = openat(directory, name, O_WRONLY | O_CREAT | O_TRUNC | O_NOFOLLOW | O_CLOEXEC, 0600);
    struct stat status;

    if (fd < 0)
        return -errno;
    if (geteuid() == 0 && (fstat(directory, &status) != 0 || fchown(fd, status.st_uid, status.st_gid) != 0)) {
        const int error = errno;
        close(fd);
        return -error;
    }
    return fd;
}

static int make_in(struct segment_files *files, int above, const struct stat *status)
{
    char name[NAME_SIZE];
    int r = -1;

    for (files->replay = 2; r != 0 && files->replay < REPLAYS_MAX; files->replay++) {
        snprintf(name, sizeof name, "replay-%" PRIu64, files->replay);
        r = mkdirat(above, name, 0700);
        if (r != 0 && errno != EEXIST)
            return -errno;
    }
    if (r != 0)
        return -EEXIST;
    files->replay--;
    files->directory = openat(above, name, O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC);
    if (files->directory < 0)
        return -errno;
    return geteuid() == 0 && fchown(files->directory, status->st_uid, status->st_gid) != 0 ? -errno : 0;
}

int segment_files_make(struct segment_files *files, const char *run)
{
    const int above = open(run, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    struct stat status;

    files->directory = -1;
    files->viewed = 0;
    int r = above < 0 || fstat(above, &status) != 0 ? -errno : make_in(files, above, &status);
    snprintf(files->path, sizeof files->path, "%s/replay-%" PRIu64, run, files->replay);
    return r;
}

/* --- what a segment has left --- */

static void name_after(char name[NAME_SIZE], const char *usual, unsigned number)
{
    const int length = (int)strcspn(usual, ".");

    snprintf(name, NAME_SIZE, "%.*s-%u%s", length, usual, number, usual + length);
}

static void write_text(int directory, const char *name, const char *text, size_t length)
{
    const int fd = create_in(directory, name);

    if (fd < 0)
        return;
    if (write(fd, text, length) != (ssize_t)length)
        unlinkat(directory, name, 0);
    close(fd);
}

/* It names the waveform by its usual name. */
static bool move_view(int from, int to, const char *usual, const char *name)
{
    const int fd = openat(from, VIEW, O_RDONLY | O_NOFOLLOW | O_NONBLOCK | O_CLOEXEC);
    char *text = fd < 0 ? NULL : calloc(1, VIEW_SIZE);
    const ssize_t length = text != NULL ? read(fd, text, VIEW_SIZE - 1) : -1;
    char *at = length > 0 ? strstr(text, usual) : NULL;
    char *changed = at != NULL ? malloc(VIEW_SIZE + NAME_SIZE) : NULL;

    if (changed != NULL) {
        const int size = snprintf(changed, VIEW_SIZE + NAME_SIZE, "%.*s%s%s", (int)(at - text), text, name,
                                  at + strlen(usual));
        write_text(to, VIEW, changed, (size_t)size);
    }
    const bool is_moved = changed != NULL;
    free(changed);
    free(text);
    if (fd >= 0)
        close(fd);
    return is_moved;
}

/* The last waveform that there is has the view that is shown. */
static void take_view(struct segment_files *files, unsigned number, int below, const char *usual,
                      const char *name)
{
    if (number > files->viewed && move_view(below, files->directory, usual, name))
        files->viewed = number;
}

static void take_wave(struct segment_files *files, struct segment *segment, int below)
{
    char name[NAME_SIZE], usual[NAME_SIZE], place[NAME_SIZE] = "";
    const char *wave = fields_text(segment->report, "wave.path");

    if (wave == NULL || strchr(wave, '/') != NULL || strlen(wave) >= sizeof usual / 2)
        return;
    snprintf(usual, sizeof usual, "%s", wave);
    name_after(name, usual, segment->number);
    if (renameat(below, usual, files->directory, name) == 0)
        take_view(files, segment->number, below, usual, name);
    else
        snprintf(place, sizeof place, "segment-%u/", segment->number);
    json_object_set_new(json_object_get(segment->report, "wave"), "path",
                        json_sprintf("%s%s", place, *place != '\0' ? usual : name));
}

/* The report of one that went well says no more than that of all. */
static bool is_needless(const struct segment *segment, int below, const char *name)
{
    struct stat status;

    if (strcmp(name, REPORT) == 0)
        return segment_report_why(segment) == NULL;
    if (strcmp(name, VIEW) == 0 || *name == '.')
        return true;
    return fstatat(below, name, &status, AT_SYMLINK_NOFOLLOW) == 0 && S_ISREG(status.st_mode) &&
           status.st_size == 0;
}

/* Of one that was killed, too, whatever it has left. */
static void take_rest(const struct segment_files *files, const struct segment *segment, int below)
{
    const int fd = openat(below, ".", O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    DIR *entries = fd >= 0 ? fdopendir(fd) : NULL;
    const struct dirent *entry;
    char name[NAME_SIZE];

    while (entries != NULL && (entry = readdir(entries)) != NULL) {
        if (strcmp(entry->d_name, ".") == 0 || strcmp(entry->d_name, "..") == 0)
            continue;
        name_after(name, entry->d_name, segment->number);
        if (is_needless(segment, below, entry->d_name))
            unlinkat(below, entry->d_name, 0);
        else if (strlen(entry->d_name) < NAME_SIZE / 2)
            renameat(below, entry->d_name, files->directory, name);
    }
    if (entries != NULL)
        closedir(entries);
    else if (fd >= 0)
        close(fd);
}

void segment_files_take(struct segment_files *files, struct segment *segment)
{
    char name[NAME_SIZE];

    snprintf(name, sizeof name, "segment-%u", segment->number);
    const int below = openat(files->directory, name, O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC);
    if (below < 0)
        return;
    segment->report = report_file_load(below, ".");
    take_wave(files, segment, below);
    take_rest(files, segment, below);
    close(below);
    unlinkat(files->directory, name, AT_REMOVEDIR);
}

void segment_files_remove(const struct segment_files *files)
{
    unlinkat(files->directory, REPORT, 0);
    rmdir(files->path);
}

/* --- the report of all --- */

int segment_files_report(const struct segment_files *files, const char *run, const struct segment *segments,
                         size_t count, double seconds)
{
    json_t *first = report_file_load(AT_FDCWD, run);
    json_t *report = segment_report_make(first, segments, count, seconds);
    const int fd = create_in(files->directory, NEW_NAME);
    int r = report == NULL ? -ENOMEM : fd < 0 ? fd : 0;

    if (r == 0 && json_dumpfd(report, fd, JSON_INDENT(2) | JSON_REAL_PRECISION(6)) != 0)
        r = -ENOSPC;
    if (r == 0 && renameat(files->directory, NEW_NAME, files->directory, REPORT) != 0)
        r = -errno;
    if (r != 0)
        unlinkat(files->directory, NEW_NAME, 0);
    if (fd >= 0)
        close(fd);
    json_decref(report);
    json_decref(first);
    return r;
}
