/* SPDX-License-Identifier: MIT */
/* The hierarchy of names that a rehearsal has left. */
#ifndef LIGHTSSS_SCRIPTS_COMMAND_SCOPES_H
#define LIGHTSSS_SCRIPTS_COMMAND_SCOPES_H

#include <stdbool.h>

/* Reads the list of the only run directory under this one. False: there is none, or it is empty. */
bool scopes_read(const char *directory);

/* Prints them in order, each once, and lets go of them. */
void scopes_print(void);

#endif
