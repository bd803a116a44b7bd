/* SPDX-License-Identifier: MIT */
/* Runs without and with the library: the same output, the same files, and a replay that is told what its
 * original was told. */
#ifndef LIGHTSSS_TESTS_PROCESS_SAME_FILES_H
#define LIGHTSSS_TESTS_PROCESS_SAME_FILES_H

#include "run_program.h"

/* Times of files have the grain of the kernel's tick: what follows is made well after the snapshot, and by
 * the replay well after the failure. */
#define SNAPSHOT "eval:10", "sleep:30"
#define FAIL     "eval:5", "exit:3"

/* Both run these steps; note: what the report says, NULL: nothing. */
void same_files_compare(const char *const *steps, const char *note);

/* All files that a run has left, sorted, but for its run directory; to be freed. None of them may be younger
 * than that. */
char *same_files_list(const struct outcome *outcome);

/* Is it reproduced, is what the replay printed the end of what the original printed, and is there this note?
 */
void same_files_expect_replayed(const struct outcome *outcome, const char *note);

#endif
