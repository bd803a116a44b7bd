/* SPDX-License-Identifier: MIT */
/* Why the kept snapshot of a run cannot be reached, for who asks for it. */
#ifndef LIGHTSSS_SCRIPTS_COMMAND_KEPT_WHY_H
#define LIGHTSSS_SCRIPTS_COMMAND_KEPT_WHY_H

#include <limits.h>
#include <stdint.h>

#define KEPT_WHY_SIZE (PATH_MAX + 600)

/* In one line; rung: the number of one that is kept beside it, or 0; error: errno of the try. */
void kept_why_describe(char words[KEPT_WHY_SIZE], const char *run, uint64_t rung, int error);

#endif
