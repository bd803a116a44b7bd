/* SPDX-License-Identifier: MIT */
/* Where liblightsss.so is: beside the command in the build directory, or where both were installed. */
#ifndef LIGHTSSS_SCRIPTS_COMMAND_LIBRARY_H
#define LIGHTSSS_SCRIPTS_COMMAND_LIBRARY_H

#include <limits.h>

/* Returns 0 and its path, or the status to end with; that has been said then. */
int library_find(char path[PATH_MAX]);

/* Puts it in front of what LD_PRELOAD holds. Returns 0, or as above. */
int library_preload(const char *path);

#endif
