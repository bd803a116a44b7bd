/* SPDX-License-Identifier: MIT */
/* Options of a command of its own, from a table: no variable of the library stands behind them. They may
 * stand before and behind the other words. */
#ifndef LIGHTSSS_SCRIPTS_COMMAND_FLAGS_H
#define LIGHTSSS_SCRIPTS_COMMAND_FLAGS_H

#include "commands.h"

#define FLAGS_MAX  16
#define FLAGS_DONE (-1) /* --help was asked for and given */

/* Reads the words. values[i] becomes the value of command->flags[i], "" where it has none, and NULL where it
 * was not given; the words that are no options move to the beginning, with a NULL behind. Returns 0,
 * FLAGS_DONE, or the status to end with where something was typed wrong, which has been said. */
int flags_read(const struct command *command, char **words, const char *values[FLAGS_MAX]);

#endif
