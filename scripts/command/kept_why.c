/* SPDX-License-Identifier: MIT */
/* See kept_why.h. What it says itself when it goes lies in the run directory; else the report tells where and
 * until when it was kept, and whether the machine was started again since. */
#include "kept_why.h"

#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <limits.h>
#include <stdbool.h>
#include <stdio.h>
#include <string.h>
#include <sys/utsname.h>
#include <time.h>
#include <unistd.h>

#include "fields.h"
#include "report_file.h"
#include "run/kept_message.h"
#include "run_files.h"
#include "say.h"

#define LINE_SIZE 400
#define DATE_SIZE 32
#define BOOT      "/proc/sys/kernel/random/boot_id"

static bool read_line(int fd, char line[LINE_SIZE])
{
    const ssize_t length = fd < 0 ? -1 : read(fd, line, LINE_SIZE - 1);

    if (fd >= 0)
        close(fd);
    line[length > 0 ? length : 0] = '\0';
    line[strcspn(line, "\n")] = '\0';
    return *line != '\0';
}

static int open_in(const char *run, const char *name)
{
    char path[PATH_MAX];
    uint64_t bytes;

    return (size_t)snprintf(path, sizeof path, "%s/%s", run, name) < sizeof path
               ? run_files_open(path, &bytes)
               : -1;
}

static bool is_elsewhere(const char *host)
{
    struct utsname own;

    return host != NULL && uname(&own) == 0 && strcmp(own.nodename, host) != 0;
}

/* As the report writes it, and as such texts are ordered. */
static bool is_over(const char *until)
{
    const time_t now = time(NULL);
    char date[DATE_SIZE];
    struct tm parts;

    return until != NULL && gmtime_r(&now, &parts) != NULL &&
           strftime(date, sizeof date, "%Y-%m-%dT%H:%M:%SZ", &parts) != 0 && strcmp(date, until) > 0;
}

static bool was_started_again(const char *boot)
{
    char own[LINE_SIZE];

    return boot != NULL && read_line(run_files_open(BOOT, &(uint64_t){0}), own) && strcmp(own, boot) != 0;
}

static void describe_by_report(char words[KEPT_WHY_SIZE], const char *run, const json_t *report)
{
    const char *host = fields_text(report, "run.host"), *until = fields_text(report, "kept.until");

    if (until == NULL && fields_find(report, "kept") != NULL)
        snprintf(words, KEPT_WHY_SIZE, "the snapshot of %s is not kept; its run has said why on stderr", run);
    else if (until == NULL)
        snprintf(
            words, KEPT_WHY_SIZE,
            "no snapshot was kept of %s; LIGHTSSS_PARK=30m (lightsss run --park 30m) keeps that of a failure",
            run);
    else if (is_elsewhere(host))
        snprintf(words, KEPT_WHY_SIZE, "the snapshot of %s is kept on %s: ask there", run, host);
    else if (was_started_again(fields_text(report, "kept.boot")))
        snprintf(words, KEPT_WHY_SIZE, "the kept snapshot of %s is gone: the machine was started again", run);
    else if (is_over(until))
        snprintf(words, KEPT_WHY_SIZE, "the kept snapshot of %s is gone: its time was over (%s)", run, until);
    else
        snprintf(words, KEPT_WHY_SIZE, "the kept snapshot of %s is gone: it was killed", run);
}

/* The file is empty where the disk was full. */
static void describe_gone(char words[KEPT_WHY_SIZE], const char *run)
{
    char line[LINE_SIZE];
    const int fd = open_in(run, KEPT_GONE);

    if (read_line(fd, line) || fd >= 0) {
        snprintf(words, KEPT_WHY_SIZE, "the kept snapshot of %s is gone: %s", run,
                 *line != '\0' ? line : "it could not write why");
        return;
    }
    json_t *report = report_file_load(AT_FDCWD, run);
    if (report == NULL)
        snprintf(words, KEPT_WHY_SIZE, "no snapshot is kept of %s, and it has no report", run);
    else
        describe_by_report(words, run, report);
    json_decref(report);
}

/* The report knows of the first alone, which is asked before. */
static void describe_gone_rung(char words[KEPT_WHY_SIZE], const char *run, uint64_t rung)
{
    char name[KEPT_NAME_SIZE], line[LINE_SIZE];

    kept_message_name(name, KEPT_GONE, rung);
    snprintf(words, KEPT_WHY_SIZE, "the kept snapshot %" PRIu64 " of %s is gone: %s", rung, run,
             read_line(open_in(run, name), line) ? line : "it was killed");
}

void kept_why_describe(char words[KEPT_WHY_SIZE], const char *run, uint64_t rung, int error)
{
    if (error == EACCES || error == EPERM)
        snprintf(words, KEPT_WHY_SIZE, "the kept snapshot of %s is another user's", run);
    else if (error != ENOENT && error != ECONNREFUSED)
        snprintf(words, KEPT_WHY_SIZE, "the kept snapshot of %s cannot be reached: %s", run, strerror(error));
    else if (rung != 0)
        describe_gone_rung(words, run, rung);
    else
        describe_gone(words, run);
}
