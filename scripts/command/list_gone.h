/* SPDX-License-Identifier: MIT */
/* Kept snapshots that are there no more though nobody has let go of them: what has killed the job has killed
 * them, and left their sockets. */
#ifndef LIGHTSSS_SCRIPTS_COMMAND_LIST_GONE_H
#define LIGHTSSS_SCRIPTS_COMMAND_LIST_GONE_H

#include <stdio.h>

/* A line for each, of the runs in LIGHTSSS_DIR. */
void list_gone_print(FILE *out);

/* The same as an array of JSON. */
void list_gone_print_json(FILE *out);

#endif
