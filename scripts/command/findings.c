/* SPDX-License-Identifier: MIT */
/* Plain lines of text. */
#include "findings.h"

#include <limits.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#include "base/text.h"

#define WORD_COLUMNS 10

void findings_row(const char *word, const char *format, ...)
{
    char line[2 * PATH_MAX];
    va_list arguments;

    va_start(arguments, format);
    vsnprintf(line, sizeof line, format, arguments);
    va_end(arguments);
    text_hide_controls(line, strlen(line)); /* of a file's name, or a symbol's */
    printf("%-*s %s\n", WORD_COLUMNS, word, line);
}

void findings_add(struct findings *findings, bool is_problem, const char *format, ...)
{
    va_list arguments;

    if (findings->count == FINDINGS_MAX)
        return;
    struct finding *finding = &findings->list[findings->count];
    finding->is_problem = is_problem;
    va_start(arguments, format);
    vsnprintf(finding->text, sizeof finding->text, format, arguments);
    va_end(arguments);
    for (unsigned i = 0; i < findings->count; i++)
        if (strcmp(findings->list[i].text, finding->text) == 0)
            return;
    findings->count++;
}

bool findings_has_problem(const struct findings *findings)
{
    for (unsigned i = 0; i < findings->count; i++)
        if (findings->list[i].is_problem)
            return true;
    return false;
}

static void print(const struct findings *findings, bool problems, const char *word)
{
    for (unsigned i = 0; i < findings->count; i++)
        if (findings->list[i].is_problem == problems)
            findings_row(word, "%s", findings->list[i].text);
}

int findings_end(const struct findings *findings)
{
    int status = findings_has_problem(findings);

    if (findings->count > 0)
        putchar('\n');
    print(findings, false, "Note");
    print(findings, true, "Problem");
    puts(status == 0 ? "\nA failure would leave a waveform." : "\nA failure would leave no waveform.");
    return status;
}
