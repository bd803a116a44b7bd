/* SPDX-License-Identifier: MIT */
/* What `lightsss list` prints of the runs that it has found, on stdout. */
#ifndef LIGHTSSS_SCRIPTS_COMMAND_LIST_PRINT_H
#define LIGHTSSS_SCRIPTS_COMMAND_LIST_PRINT_H

#include <stddef.h>
#include <stdint.h>
#include <stdio.h>

#include "live.h"

/* A line for each run, and one for each of its snapshots; a header, where there is any run. */
void list_print_table(FILE *out, const struct live *live, uint64_t now_ns);

/* A JSON document on one line. What is gone is printed by another, an array. */
void list_print_json(FILE *out, const struct live *live, uint64_t now_ns, void (*print_gone)(FILE *out));

#endif
