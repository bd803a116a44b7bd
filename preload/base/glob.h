/* SPDX-License-Identifier: MIT */
/* Patterns of names as in a shell: * and ? stand for any bytes but a slash, [a-z] and [!a-z] for one of
 * these, and a backslash takes what follows for itself. libc's fnmatch() may want the heap, and the locale.
 * Pure logic. */
#ifndef LIGHTSSS_PRELOAD_BASE_GLOB_H
#define LIGHTSSS_PRELOAD_BASE_GLOB_H

#include <stdbool.h>

/* Is every [ closed, and does something follow each backslash? */
bool glob_is_valid(const char *pattern);

/* Does it stand for one name alone? */
bool glob_is_literal(const char *pattern);

/* A valid pattern, and all of the text. */
bool glob_matches(const char *pattern, const char *text);

#endif
