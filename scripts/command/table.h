/* SPDX-License-Identifier: MIT */
/* Failed runs as a table for a terminal. */
#ifndef LIGHTSSS_SCRIPTS_COMMAND_TABLE_H
#define LIGHTSSS_SCRIPTS_COMMAND_TABLE_H

#include <stdio.h>

#include "runs.h"

void table_print(FILE *file, const struct runs *runs);

#endif
