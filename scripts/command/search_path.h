/* SPDX-License-Identifier: MIT */
/* Programs by their names, as execvp() finds them. */
#ifndef LIGHTSSS_SCRIPTS_COMMAND_SEARCH_PATH_H
#define LIGHTSSS_SCRIPTS_COMMAND_SEARCH_PATH_H

#include <stdbool.h>

/* Is there one of that name in a folder of PATH? */
bool search_path_has(const char *name);

#endif
