/* SPDX-License-Identifier: MIT */
/* What the page says of one run. */
#ifndef LIGHTSSS_SCRIPTS_COMMAND_PAGE_RUN_H
#define LIGHTSSS_SCRIPTS_COMMAND_PAGE_RUN_H

#include <stddef.h>
#include <stdio.h>

#include "runs.h"

/* What its directory is called: PROGRAM.PID, PROGRAM.PID-2. */
void page_run_name(FILE *file, const struct run *run);

/* The verdict, in the colour of its kind. */
void page_run_verdict(FILE *file, const struct run *run);

/* Its section. `place`: the absolute path of the page's directory; NULL: unknown, and there are no links. */
void page_run_write(FILE *file, const struct run *run, size_t number, const char *place);

#endif
