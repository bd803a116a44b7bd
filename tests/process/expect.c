/* SPDX-License-Identifier: MIT */
/* What a run must have come to: its end, its report, its lines. */
#define _GNU_SOURCE
#include "expect.h"

#include "process.h"

#include <string.h>
#include <sys/wait.h>

#define OUR_PREFIX "lightsss: "

static void show(const struct outcome *outcome)
{
    const struct {
        const char *what, *text;
    } parts[] = {{"said", outcome->said},
                 {"stdout", outcome->out},
                 {"stderr", outcome->err},
                 {"report", outcome->report},
                 {"replay", outcome->replay_out}};

    for (size_t i = 0; i < sizeof parts / sizeof *parts; i++)
        print_message("--- %s:\n%s\n", parts[i].what, parts[i].text == NULL ? "(none)" : parts[i].text);
}

static void expect_end(const struct outcome *outcome, bool as_wanted, const char *wanted, int number)
{
    if (!outcome->timed_out && as_wanted && outcome->left == 0)
        return;
    show(outcome);
    fail_msg("wait status %#x%s, not %s %d; %d processes are left", (unsigned)outcome->status,
             outcome->timed_out ? " (timed out)" : "", wanted, number, outcome->left);
}

void expect_exit(const struct outcome *outcome, int status)
{
    expect_end(outcome, WIFEXITED(outcome->status) && WEXITSTATUS(outcome->status) == status, "exit status",
               status);
}

void expect_signal(const struct outcome *outcome, int signal)
{
    expect_end(outcome, WIFSIGNALED(outcome->status) && WTERMSIG(outcome->status) == signal, "signal",
               signal);
}

void expect_in_report(const struct outcome *outcome, const char *part)
{
    if (outcome->report != NULL && strstr(outcome->report, part) != NULL)
        return;
    show(outcome);
    fail_msg("no %s in the report", part);
}

void expect_reproduced(const struct outcome *outcome)
{
    expect_in_report(outcome, "\"verdict\": \"reproduced\"");
}

void expect_said(const struct outcome *outcome, const char *const *prefixes)
{
    const char *line = outcome->said;

    for (; *prefixes != NULL; prefixes++) {
        size_t length = strlen(*prefixes);
        if (strncmp(line, OUR_PREFIX, strlen(OUR_PREFIX)) != 0 ||
            strncmp(line + strlen(OUR_PREFIX), *prefixes, length) != 0)
            fail_msg("not said: \"%s\"; in\n%s", *prefixes, outcome->said);
        line += strcspn(line, "\n");
        line += *line == '\n';
    }
    if (*line != '\0')
        fail_msg("too much is said:\n%s", outcome->said);
}
