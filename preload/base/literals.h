/* SPDX-License-Identifier: MIT */
/* Words of which a text has at least one where an extended regular expression matches: to look for them takes
 * a tenth of the time, and often says that there is nothing to be found. Pure logic. */
#ifndef LIGHTSSS_PRELOAD_BASE_LITERALS_H
#define LIGHTSSS_PRELOAD_BASE_LITERALS_H

#include <stdbool.h>
#include <stddef.h>

#define LITERALS_MAX  8u
#define LITERALS_SIZE 256u /* bytes of all */

struct literals {
    size_t count; /* 0: there are none, and only the expression itself can tell */
    struct literal {
        size_t start, size;
    } list[LITERALS_MAX];
    size_t used;
    char bytes[LITERALS_SIZE];
};

/* Of a valid expression, without flags that change what a letter means: one for each alternative. */
void literals_find(struct literals *literals, const char *expression);

/* Could the expression match in this text? */
bool literals_allow(const struct literals *literals, const char *text, size_t size);

#endif
