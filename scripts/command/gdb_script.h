/* SPDX-License-Identifier: MIT */
/* What gdb is given to run: commands of ours, in a file without a name. */
#ifndef LIGHTSSS_SCRIPTS_COMMAND_GDB_SCRIPT_H
#define LIGHTSSS_SCRIPTS_COMMAND_GDB_SCRIPT_H

#include "kept.h"

/* Makes it, for a copy of that run that stands as `stands` says, and lives as long as the connection.
 * Returns a descriptor that the program has which this process becomes, or -errno. */
int gdb_script_make(const char *run, int connection, const struct kept_packet *stands);

#endif
