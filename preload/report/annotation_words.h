/* SPDX-License-Identifier: MIT */
/* A failure in the forms that build servers have for it. Pure logic. */
#ifndef LIGHTSSS_PRELOAD_REPORT_ANNOTATION_WORDS_H
#define LIGHTSSS_PRELOAD_REPORT_ANNOTATION_WORDS_H

#include "base/text.h"

/* Appends the workflow command of GitHub Actions that shows both as the lines of an error. */
void annotation_words_github(struct text *line, const char *what, const char *where);

/* Appends a report of the kind `annotations` of GitLab CI: a link to the file, by its absolute path, among
 * the artifacts of the job. job_url: its page; project: the directory that artifacts are below. A file that
 * lies elsewhere cannot be one: then the link leads to the job's page. */
void annotation_words_gitlab(struct text *json, const char *what, const char *path, const char *job_url,
                             const char *project);

#endif
