/* SPDX-License-Identifier: MIT */
/* See kept_now.h. Who is there answers at its socket. */
#include "kept_now.h"

#include <stdio.h>
#include <string.h>
#include <time.h>

#include "base/text.h"
#include "fields.h"
#include "kept.h"
#include "words.h"

/* In the time of the place where the command runs, as the report's own is shown. */
static void describe_here(char words[KEPT_WHY_SIZE], const char *run, const char *until)
{
    char when[WORDS_SIZE] = "-";
    struct tm parts = {0};

    if (until != NULL && strptime(until, "%Y-%m-%dT%H:%M:%SZ", &parts) != NULL)
        words_when(when, timegm(&parts));
    snprintf(words, KEPT_WHY_SIZE, "the snapshot of %s is kept until %s: lightsss replay, lightsss gdb", run,
             when);
}

enum kept_now kept_now(char words[KEPT_WHY_SIZE], const char *run, const json_t *report)
{
    if (!json_is_object(fields_find(report, "kept")))
        return KEPT_NOW_NONE;
    const int error = -kept_probe(run, 0);

    if (error == 0)
        describe_here(words, run, fields_text(report, "kept.until"));
    else
        kept_why_describe(words, run, 0, error);
    text_hide_controls(words, strlen(words));
    return error == 0 ? KEPT_NOW_HERE : KEPT_NOW_GONE;
}
