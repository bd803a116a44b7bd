/* SPDX-License-Identifier: MIT */
/* See annotation.h. GitHub's runner reads stdout and stderr alike, and knows its commands only at the
 * beginning of a line. GitLab knows none in a job's output: it wants a file. */
#include "report/annotation.h"

#include <limits.h>
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>

#include "base/log.h"
#include "base/text.h"
#include "report/annotation_words.h"
#include "run/run_directory.h"

#define URL_SIZE  512u
#define JSON_SIZE (URL_SIZE + 4 * PATH_MAX)

static bool is_github, is_gitlab;
static char job_url[URL_SIZE], project[PATH_MAX];

static bool is_true(const char *name)
{
    const char *value = getenv(name);

    return value != NULL && strcmp(value, "true") == 0;
}

/* One that is too long would lead elsewhere. */
static bool take(char *to, size_t size, const char *name)
{
    const char *value = getenv(name);
    const size_t length = value != NULL ? strlen(value) : 0;

    if (length == 0 || length >= size)
        return false;
    memcpy(to, value, length + 1);
    return true;
}

void annotation_note(void)
{
    is_github = is_true("GITHUB_ACTIONS");
    is_gitlab = is_true("GITLAB_CI") && take(job_url, sizeof job_url, "CI_JOB_URL");
    if (is_gitlab)
        take(project, sizeof project, "CI_PROJECT_DIR");
}

void annotation_forget(void)
{
    is_github = is_gitlab = false;
}

static void write_file(const char *what, const char *path)
{
    static char buffer[JSON_SIZE];
    struct text json = text_in(buffer, sizeof buffer);

    annotation_words_gitlab(&json, what, path, job_url, project);
    if (!json.cut)
        run_directory_write("annotations.json", &json);
}

void annotation_make(const char *what, const char *where, const char *path)
{
    char bytes[LOG_LINE_SIZE];
    struct text line = text_in(bytes, sizeof bytes);

    if (is_gitlab && path != NULL)
        write_file(what, path);
    if (!is_github)
        return;
    annotation_words_github(&line, what, where);
    log_bare(LOG_INFO, "%s", bytes);
}
