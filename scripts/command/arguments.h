/* SPDX-License-Identifier: MIT */
/* What stands between the name of a command and the program to start. Each option of the library is a row of
 * options.def: LIGHTSSS_WAKE_CALL is --wake-call here, and giving it sets the variable. */
#ifndef LIGHTSSS_SCRIPTS_COMMAND_ARGUMENTS_H
#define LIGHTSSS_SCRIPTS_COMMAND_ARGUMENTS_H

#include <stdbool.h>
#include <stdint.h>

#include "commands.h"
#include "options/options.h"

#define ARGUMENTS_NAME_SIZE 32

struct arguments {
    bool help;
    bool rehearse;
    bool scopes;          /* and print them */
    uint64_t patience_ns; /* 0: not given */
    char **program;       /* and its arguments, as they were typed; NULL: none was */
};

/* "--wake-call"; the row LIGHTSSS itself is "--enabled". */
void arguments_name(const struct options_row *row, char name[ARGUMENTS_NAME_SIZE]);

/* Reads the words and sets the variables. Returns 0, or the status to end with when something was typed
 * wrong; that has been said then. */
int arguments_read(struct arguments *arguments, const struct command *command, char **words);

#endif
