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

__attribute__((format(printf, 3, 0))) static void add(struct findings *findings, int is_problem,
                                                      const char *format, va_list arguments)
{
    if (findings->count == FINDINGS_MAX)
        return;
    struct finding *finding = &findings->list[findings->count];
    finding->is_problem = is_problem;
    vsnprintf(finding->text, sizeof finding->text, format, arguments);
    for (unsigned i = 0; i < findings->count; i++)
        if (strcmp(findings->list[i].text, finding->text) == 0)
            return;
    findings->count++;
}

void findings_note(struct findings *findings, const char *format, ...)
{
    va_list arguments;

    va_start(arguments, format);
    add(findings, 0, format, arguments);
    va_end(arguments);
}

void findings_problem(struct findings *findings, const char *format, ...)
{
    va_list arguments;

    va_start(arguments, format);
    add(findings, 1, format, arguments);
    va_end(arguments);
}

int findings_has_problem(const struct findings *findings)
{
    for (unsigned i = 0; i < findings->count; i++)
        if (findings->list[i].is_problem)
            return 1;
    return 0;
}

static void print(const struct findings *findings, int problems, const char *word)
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
    print(findings, 0, "Note");
    print(findings, 1, "Problem");
    puts(status == 0 ? "\nA failure would leave a waveform." : "\nA failure would leave no waveform.");
    return status;
}
