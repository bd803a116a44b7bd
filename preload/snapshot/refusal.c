/* SPDX-License-Identifier: MIT */
/* Words about snapshots that could not be taken: see refusal.h. */
#define _GNU_SOURCE
#include "snapshot/refusal.h"

#include <errno.h>
#include <string.h>

#include "base/log.h"
#include "base/often.h"
#include "snapshot/limits/memory_watch.h"
#include "snapshot/limits/processes.h"

#define TRIES_BEFORE_NEWS 5
#define LIMIT_SIZE        240u

static bool is_warned;
static OFTEN_WRITTEN unsigned failed_in_a_row;
static struct {
    int error;
    bool unlisted;
    const char *why;
} last = {.why = ""};

static bool is_hopeless(int error)
{
    return error == -EPERM || error == -ENOSYS;
}

/* EAGAIN speaks of processes, ENOMEM of memory. */
static void append_remedy(struct text *text, int error)
{
    if (error == -ENOMEM ? memory_watch_describe_refusal(text)
                         : error == -EAGAIN && processes_describe_refusal(text))
        return;
    text_format(text, "%s",
                is_hopeless(error) ? "allow it in the sandbox (seccomp)"
                                   : "raise the limit of processes (ulimit -u, pids.max) or of memory");
}

bool refusal_explain(const struct take *take, int error)
{
    bool hopeless = is_hopeless(error);
    const char *remedy = hopeless ? "running without snapshots" : "trying again later";
    enum log_level level =
        !is_warned && (hopeless || ++failed_in_a_row == TRIES_BEFORE_NEWS) ? LOG_INFO : LOG_DEBUG;
    char limit[LIMIT_SIZE];

    last.error = error;
    last.unlisted = take->unlisted;
    last.why = take->why;
    struct text text = text_in(limit, sizeof limit);
    if (*take->why != '\0')
        log_line(level, "no snapshot: the threads cannot be stopped: %s; %s", take->why, remedy);
    else if (take->unlisted)
        log_line(level, "no snapshot: what is open cannot be listed (%s); %s", strerrorname_np(-error),
                 remedy);
    else {
        append_remedy(&text, error);
        log_line(level, "no snapshot: clone %s (%s); %s; %s", hopeless ? "is refused" : "failed",
                 strerrorname_np(-error), limit, remedy);
    }
    is_warned = is_warned || level == LOG_INFO;
    return !hopeless;
}

int refusal_error(void)
{
    return last.error;
}

const char *refusal_problem(void)
{
    return last.why;
}

void refusal_describe(struct text *text)
{
    const char *lost = "no waveform of this failure";

    if (last.error == 0)
        text_format(text, "this was before the first snapshot: %s", lost);
    else if (*last.why != '\0')
        text_format(text, "no snapshot could be taken, the threads would not stop: %s: %s", last.why, lost);
    else if (last.unlisted)
        text_format(text, "no snapshot could be taken, what is open could not be listed (%s): %s",
                    strerrorname_np(-last.error), lost);
    else {
        text_format(text, "no snapshot could be taken, clone failed (%s): %s; ", strerrorname_np(-last.error),
                    lost);
        append_remedy(text, last.error);
    }
}

void refusal_over(void)
{
    failed_in_a_row = 0;
    last.error = 0;
    last.why = "";
}

void refusal_begin(void)
{
    refusal_over();
    is_warned = false;
}
