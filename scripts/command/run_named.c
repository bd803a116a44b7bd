/* SPDX-License-Identifier: MIT */
/* See run_named.h. A directory is one by its report, or by the socket of its kept snapshot. */
#include "run_named.h"

#include <errno.h>
#include <inttypes.h>
#include <libgen.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "fields.h"
#include "options/parse.h"
#include "run/kept_message.h"
#include "runs.h"
#include "say.h"

#define DIR_USUAL "lightsss"
#define REPLAY    "replay-" /* what the directory of a replay begins with; it lies in that of its run */

const char *run_named_usual(void)
{
    const char *variable = getenv("LIGHTSSS_DIR");

    return variable != NULL && *variable != '\0' ? variable : DIR_USUAL;
}

/* Returns 0 or -errno; -ENOTDIR also of a directory that is no run's. */
static int look_at(const char *path)
{
    char file[2 * PATH_MAX];
    struct stat status;

    if (stat(path, &status) != 0)
        return -errno;
    if (!S_ISDIR(status.st_mode))
        return -ENOTDIR;
    snprintf(file, sizeof file, "%s/report.json", path);
    if (lstat(file, &status) == 0)
        return 0;
    if (errno != ENOENT)
        return -errno;
    snprintf(file, sizeof file, "%s/" KEPT_SOCKET, path);
    return lstat(file, &status) == 0 ? 0 : -ENOTDIR;
}

/* The newest run of that process. */
static int find_process(char path[PATH_MAX], uint64_t wanted)
{
    struct runs runs = {0};
    uint64_t pid;
    int r = -ENOENT;

    if (access(run_named_usual(), F_OK) == 0)
        runs_find(&runs, run_named_usual());
    runs_sort(&runs);
    for (size_t i = 0; i < runs.count; i++)
        if (fields_number(runs.list[i].report, "pid", &pid) && pid == wanted) {
            snprintf(path, PATH_MAX, "%s", runs.list[i].directory);
            r = 0;
        }
    runs_free(&runs);
    return r;
}

/* Returns 0 or -errno. */
static int find(char path[PATH_MAX], const char *word)
{
    uint64_t process;

    snprintf(path, PATH_MAX, "%s", word);
    int r = *word != '\0' ? look_at(path) : -ENOENT;
    if (r == -ENOENT && *word != '\0' && strchr(word, '/') == NULL) {
        if ((size_t)snprintf(path, PATH_MAX, "%s/%s", run_named_usual(), word) < PATH_MAX)
            r = look_at(path);
        if (r == -ENOENT && parse_number(word, &process))
            r = find_process(path, process);
    }
    return r;
}

bool run_named_is_there(char path[PATH_MAX], const char *word)
{
    return find(path, word) == 0;
}

/* Who names a later replay of a run means what is kept of the run. */
static void leave_replay(char path[PATH_MAX])
{
    char name[PATH_MAX], above[PATH_MAX];

    memcpy(name, path, sizeof name);
    memcpy(above, path, sizeof above);
    const char *run = dirname(above);
    if (strncmp(basename(name), REPLAY, strlen(REPLAY)) == 0 && look_at(run) == 0)
        snprintf(path, PATH_MAX, "%s", run);
}

bool run_named_find(char path[PATH_MAX], const char *word)
{
    const int r = find(path, word);

    if (r == 0) {
        leave_replay(path);
        return true;
    }
    if (r == -EACCES && geteuid() != 0)
        say("%s is another user's", word);
    else if (r == -ENOTDIR)
        say("%s is no run directory", word);
    else
        say("%s: %s", word, strerror(-r));
    return false;
}
