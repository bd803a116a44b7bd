/* SPDX-License-Identifier: MIT */
/* What a run must have come to. Each fails the test, and shows what was said, where it has not. */
#ifndef LIGHTSSS_TESTS_PROCESS_EXPECT_H
#define LIGHTSSS_TESTS_PROCESS_EXPECT_H

#include "run_program.h"

/* It ended with this exit status, or of this signal, in time, and has left no process. */
void expect_exit(const struct outcome *outcome, int status);
void expect_signal(const struct outcome *outcome, int signal);

/* The report has this text; the replay was what the original was. */
void expect_in_report(const struct outcome *outcome, const char *part);
void expect_reproduced(const struct outcome *outcome);

/* Each of our lines begins with the next of the prefixes (lightsss: ... is put in front), and there are no
 * others. */
void expect_said(const struct outcome *outcome, const char *const *prefixes);

#endif
