/* SPDX-License-Identifier: MIT */
/* Why the kept snapshot of a run cannot be reached, for who asks for it. */
#ifndef LIGHTSSS_SCRIPTS_COMMAND_KEPT_WHY_H
#define LIGHTSSS_SCRIPTS_COMMAND_KEPT_WHY_H

#include <limits.h>

#define KEPT_WHY_SIZE (PATH_MAX + 600)

/* In one line; error: errno of the try. */
void kept_why_describe(char words[KEPT_WHY_SIZE], const char *run, int error);

#endif
