/* SPDX-License-Identifier: MIT */
/* See run_folder.h. The report has the form in which report/report.c writes it. In a string of JSON every
 * quote has a backslash in front, so that what is looked for here stands in no string. */
#include "run_folder.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/text.h"
#include "options/parse.h"
#include "run/kept_message.h"

#define REPORT       "report.json"
#define REPORT_SIZE  ((size_t)512 * 1024)
#define BLOCK_BYTES  512u
#define HEAD         "{\n  \"version\": 1, \"program\": "
#define UNFINISHED   "\"why\": \"the replay was killed before it was done\""
#define PRIVATE_MODE 0700u

bool run_folder_is_name(const char *name, char program[RUN_FOLDER_PROGRAM_SIZE], int *pid)
{
    const char *dot = strrchr(name, '.'), *at = dot != NULL ? dot + 1 : name;
    uint64_t number, suffix;
    size_t length = dot != NULL ? (size_t)(dot - name) : 0;

    if (length == 0 || length >= RUN_FOLDER_PROGRAM_SIZE || *at == '0' ||
        parse_digits(&at, 10, &number) == 0 || number > INT32_MAX)
        return false;
    if (*at == '-' && (at++, parse_digits(&at, 10, &suffix) == 0))
        return false;
    if (*at != '\0')
        return false;
    memcpy(program, name, length);
    program[length] = '\0';
    *pid = (int)number;
    return true;
}

/* --- the report --- */

/* The string behind a key, without escapes. "": it is not there, or has some. */
static void read_string(const char *text, const char *key, char *value, size_t size)
{
    const char *at = strstr(text, key);
    size_t length = 0;

    if (at != NULL) {
        at += strlen(key);
        length = strcspn(at, "\"\\");
        length = length < size && at[length] == '"' ? length : 0;
        memcpy(value, at, length);
    }
    value[length] = '\0';
}

bool run_folder_read_report(struct run_folder *folder, const char *text)
{
    char bytes[sizeof HEAD + (size_t)RUN_FOLDER_PROGRAM_SIZE * 6 + 64];
    struct text head = text_in(bytes, sizeof bytes);

    text_format(&head, HEAD);
    text_json(&head, folder->program, strlen(folder->program));
    text_format(&head, ", \"pid\": %d,", folder->pid);
    if (strncmp(text, bytes, head.length) != 0) {
        folder->has_other_report = strncmp(text, bytes, strlen(text)) != 0;
        return false;
    }
    folder->has_report = true;
    folder->is_finished = strstr(text, UNFINISHED) == NULL;
    read_string(text, "\"host\": \"", folder->host, sizeof folder->host);
    return true;
}

/* One of the library's, be it another run's. */
static bool has_report(int directory, struct run_folder *folder)
{
    int fd = openat(directory, REPORT, O_RDONLY | O_NOFOLLOW | O_NONBLOCK | O_CLOEXEC);
    char *text = fd < 0 ? NULL : malloc(REPORT_SIZE);
    struct stat status;
    size_t length = 0;
    bool is_ours = false;
    ssize_t r;

    if (text != NULL && fstat(fd, &status) == 0 && S_ISREG(status.st_mode)) {
        while (length < REPORT_SIZE - 1 && (r = read(fd, text + length, REPORT_SIZE - 1 - length)) > 0)
            length += (size_t)r;
        text[length] = '\0';
        is_ours = run_folder_read_report(folder, text) || strncmp(text, HEAD, strlen(HEAD)) == 0;
        folder->time_s = status.st_mtim.tv_sec;
    }
    free(text);
    if (fd >= 0)
        close(fd);
    return is_ours;
}

/* --- what is in it --- */

/* Which the library, or a viewer that was given its files, makes there. */
static bool is_known(const char *name)
{
    static const char *const beginnings[] = {"wave.", "replay.", "report.", "kept.", KEPT_RUNG, "replay-"};

    for (size_t i = 0; i < sizeof beginnings / sizeof *beginnings; i++)
        if (strncmp(name, beginnings[i], strlen(beginnings[i])) == 0)
            return true;
    return strcmp(name, ".new") == 0 || strcmp(name, "files") == 0 || strcmp(name, "annotations.json") == 0;
}

static bool is_dot(const char *name)
{
    return strcmp(name, ".") == 0 || strcmp(name, "..") == 0;
}

/* A stream of the entries of a directory; its descriptor stays the caller's. */
static DIR *open_entries(int directory)
{
    int fd = openat(directory, ".", O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    DIR *entries = fd >= 0 ? fdopendir(fd) : NULL;

    if (entries == NULL && fd >= 0)
        close(fd);
    return entries;
}

static uint64_t disk_bytes(int directory)
{
    DIR *entries = open_entries(directory);
    const struct dirent *entry;
    struct stat status;
    uint64_t bytes = 0;

    while (entries != NULL && (entry = readdir(entries)) != NULL) {
        if (is_dot(entry->d_name) || fstatat(directory, entry->d_name, &status, AT_SYMLINK_NOFOLLOW) != 0)
            continue;
        bytes += (uint64_t)status.st_blocks * BLOCK_BYTES;
        int below = S_ISDIR(status.st_mode)
                        ? openat(directory, entry->d_name, O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC)
                        : -1;
        if (below >= 0) {
            bytes += disk_bytes(below);
            close(below);
        }
    }
    if (entries != NULL)
        closedir(entries);
    return bytes;
}

/* Without a report it is known by its mode and by what a replay leaves: the disk was full, or all were
 * killed. */
static bool has_marks(int directory, const struct stat *status)
{
    struct stat file;

    return (status->st_mode & 07777) == PRIVATE_MODE && status->st_uid == geteuid() &&
           (fstatat(directory, "replay.stdout", &file, AT_SYMLINK_NOFOLLOW) == 0 ||
            fstatat(directory, "replay.stderr", &file, AT_SYMLINK_NOFOLLOW) == 0);
}

/* By its name, and a directory only where the library makes one. */
static bool is_strange(const char *name, const struct stat *status)
{
    const bool is_made = strcmp(name, "files") == 0 || strncmp(name, "replay-", 7) == 0 || *name == '.';

    return !is_known(name) || (S_ISDIR(status->st_mode) && !is_made);
}

/* What is not the library's, and when something was last written. */
static void look_at_entries(int directory, struct run_folder *folder)
{
    DIR *entries = open_entries(directory);
    const struct dirent *entry;
    struct stat status;

    while (entries != NULL && (entry = readdir(entries)) != NULL) {
        if (is_dot(entry->d_name) || fstatat(directory, entry->d_name, &status, AT_SYMLINK_NOFOLLOW) != 0)
            continue;
        if (is_strange(entry->d_name, &status) && folder->stranger[0] == '\0')
            strcpy(folder->stranger, entry->d_name); /* NOLINT: neither is longer than a name may be */
        if (status.st_mtim.tv_sec > folder->written_s)
            folder->written_s = status.st_mtim.tv_sec;
    }
    if (entries != NULL)
        closedir(entries);
}

bool run_folder_look(int above, const char *name, struct run_folder *folder)
{
    const char *slash = strrchr(name, '/');
    struct stat status;

    *folder = (struct run_folder){.pid = 0};
    if (!run_folder_is_name(slash != NULL ? slash + 1 : name, folder->program, &folder->pid))
        return false;
    int fd = openat(above, name, O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC);
    if (fd < 0 || fstat(fd, &status) != 0) {
        if (fd >= 0)
            close(fd);
        return false;
    }
    folder->device = status.st_dev;
    folder->inode = status.st_ino;
    bool is_ours = has_report(fd, folder) || has_marks(fd, &status);
    if (is_ours) {
        look_at_entries(fd, folder);
        if (folder->time_s == 0)
            folder->time_s = folder->written_s;
        folder->bytes = disk_bytes(fd);
    }
    close(fd);
    return is_ours;
}

/* --- removing --- */

static int remove_entries(int directory, const char *last, dev_t device);

/* All that is in a directory below; what somebody has mounted there is not the library's. */
static int remove_below(int directory, const char *name, dev_t device)
{
    struct stat status;
    int below = openat(directory, name, O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC), r;

    if (below < 0)
        return -errno;
    r = fstat(below, &status) != 0 ? -errno
        : status.st_dev != device  ? -EXDEV
                                   : remove_entries(below, "", device);
    close(below);
    if (r == 0 && unlinkat(directory, name, AT_REMOVEDIR) != 0)
        r = -errno;
    return r;
}

/* All that is in it but for a file of the name `last`. Returns 0 or the first -errno. */
static int remove_entries(int directory, const char *last, dev_t device)
{
    DIR *entries = open_entries(directory);
    const struct dirent *entry;
    int error = entries == NULL ? -errno : 0;

    while (entries != NULL && (entry = readdir(entries)) != NULL) {
        if (is_dot(entry->d_name) || strcmp(entry->d_name, last) == 0 ||
            unlinkat(directory, entry->d_name, 0) == 0)
            continue;
        int r = -errno, below = remove_below(directory, entry->d_name, device);
        if (error == 0)
            error = below != -ENOTDIR ? below : r;
    }
    if (entries != NULL)
        closedir(entries);
    return error;
}

int run_folder_remove(int above, const char *name, const struct run_folder *folder)
{
    int fd = openat(above, name, O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC);
    struct stat status;

    if (fd < 0)
        return -errno;
    int r = fstat(fd, &status) != 0 ? -errno : 0;
    if (r == 0 && (status.st_dev != folder->device || status.st_ino != folder->inode))
        r = -ESTALE;
    if (r == 0)
        r = remove_entries(fd, REPORT, folder->device);
    if (r == 0 && unlinkat(fd, REPORT, 0) != 0 && errno != ENOENT)
        r = -errno;
    if (r == 0 && unlinkat(above, name, AT_REMOVEDIR) != 0)
        r = -errno;
    close(fd);
    return r;
}
