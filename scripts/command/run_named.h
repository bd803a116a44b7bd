/* SPDX-License-Identifier: MIT */
/* The run directory that a word of the command line means. */
#ifndef LIGHTSSS_SCRIPTS_COMMAND_RUN_NAMED_H
#define LIGHTSSS_SCRIPTS_COMMAND_RUN_NAMED_H

#include <limits.h>
#include <stdbool.h>

/* A run directory, the name of one in LIGHTSSS_DIR, or the id of its process; of the directory of a later
 * replay that of its run. Where it is none that is said, and false returned. */
bool run_named_find(char path[PATH_MAX], const char *word);

/* The same, and nothing is said. */
bool run_named_is_there(char path[PATH_MAX], const char *word);

/* Where run directories are: LIGHTSSS_DIR, or its default. */
const char *run_named_usual(void);

#endif
