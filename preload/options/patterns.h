/* SPDX-License-Identifier: MIT */
/* The value of LIGHTSSS_WATCH, taken apart: patterns of names (base/glob.h) with colons between them. One
 * without a slash is that of a base name, in whatever directory; one with a slash that of a whole name. Pure
 * logic. */
#ifndef LIGHTSSS_PRELOAD_OPTIONS_PATTERNS_H
#define LIGHTSSS_PRELOAD_OPTIONS_PATTERNS_H

#include <stdbool.h>
#include <stddef.h>

#define PATTERNS_MAX  32u
#define PATTERNS_SIZE ((size_t)16 << 10) /* of all of them, with the directory in front */

struct patterns {
    size_t count;
    const char *list[PATTERNS_MAX]; /* those of whole names begin with a slash */
    size_t used;
    char bytes[PATTERNS_SIZE];
};

/* directory: absolute, that which names that do not begin with a slash are in. Returns false for what is no
 * such value, or is longer than what is kept. */
bool patterns_parse(struct patterns *patterns, const char *value, const char *directory);

/* Does the pattern of this place stand for this absolute name? */
bool patterns_match(const struct patterns *patterns, size_t place, const char *name);

/* The one name that it stands for, absolute; returns false where it stands for several, or does not fit. */
bool patterns_name(const struct patterns *patterns, size_t place, const char *directory, char *name,
                   size_t size);

/* Takes //, /./ and a slash at the end out of an absolute name. What .. leads to only the kernel knows. */
void patterns_clean(char *name);

#endif
