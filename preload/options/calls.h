/* SPDX-License-Identifier: MIT */
/* LIGHTSSS_WAKE_CALL as it is written: `symbol(arg, ...)[; ...]`. Pure logic. An argument is an integer
 * (decimal, 0x hexadecimal, perhaps negative), a character in '', true, false, NULL, a text in "" with the
 * escapes of C, or a floating point number, which is passed as a double. */
#ifndef LIGHTSSS_PRELOAD_OPTIONS_CALLS_H
#define LIGHTSSS_PRELOAD_OPTIONS_CALLS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define CALLS_MAX       8
#define CALLS_ARGUMENTS 6
#define CALLS_TEXT_SIZE 1024 /* bytes of all names and texts together */

/* The processor passes integers and doubles in registers of their own: each kind has its order. */
struct call {
    const char *name;
    uint64_t integers[CALLS_ARGUMENTS]; /* numbers and pointers */
    double reals[CALLS_ARGUMENTS];
};

struct calls {
    struct call list[CALLS_MAX];
    size_t count;
    char text[CALLS_TEXT_SIZE]; /* what names and arguments point to */
    size_t text_size;
};

/* Reads the whole string. False when it is something else, or too much of it. */
bool calls_parse(struct calls *calls, const char *string);

#endif
