/* SPDX-License-Identifier: MIT */
/* What the doctor prints: rows at once, each with its word in front; then notes and problems; then the
 * verdict. */
#ifndef LIGHTSSS_SCRIPTS_COMMAND_FINDINGS_H
#define LIGHTSSS_SCRIPTS_COMMAND_FINDINGS_H

#include <stdbool.h>

#define FINDINGS_MAX  64
#define FINDINGS_SIZE 1024

struct findings {
    struct finding {
        bool is_problem;
        char text[FINDINGS_SIZE];
    } list[FINDINGS_MAX]; /* in the order of their coming */
    unsigned count;
};

void findings_row(const char *word, const char *format, ...) __attribute__((format(printf, 2, 3)));

/* A note is something that the user may want to know, a problem something because of which there would be no
 * waveform. A line that is there already is not added again. */
void findings_add(struct findings *findings, bool is_problem, const char *format, ...)
    __attribute__((format(printf, 3, 4)));
#define findings_note(findings, ...)    findings_add(findings, false, __VA_ARGS__)
#define findings_problem(findings, ...) findings_add(findings, true, __VA_ARGS__)

bool findings_has_problem(const struct findings *findings);

/* Prints what is left and returns the exit status: 0 without a problem, else 1. */
int findings_end(const struct findings *findings);

#endif
