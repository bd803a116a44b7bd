/* SPDX-License-Identifier: MIT */
/* Strings as the kernel lists them, each with its NUL, in the report: the words of a command line, variables
 * of the environment. No more of them than fit. Pure logic. */
#ifndef LIGHTSSS_PRELOAD_REPORT_STRINGS_JSON_H
#define LIGHTSSS_PRELOAD_REPORT_STRINGS_JSON_H

#include <stdbool.h>
#include <stddef.h>

#include "base/text.h"

#define STRINGS_JSON_LONGEST 4096u /* of a variable, with its name */

/* Appends a string; where it would take more than so many bytes of the report, null. False then. */
bool strings_json_one(struct text *json, const char *string, size_t length, size_t most);

/* Appends an array of them, as far as it takes no more than so many bytes of the report. Returns whether
 * these are all: the last one must end in NUL, or it is not. */
bool strings_json_list(struct text *json, const char *strings, size_t length, size_t most);

/* An object of those variables whose name begins with our prefix. They come in pieces. */
struct strings_json_variables {
    struct text *json;
    size_t begin, most;
    const char *prefix;
    char entry[STRINGS_JSON_LONGEST];
    size_t length; /* of the one that is under way */
    bool any, is_whole;
};

void strings_json_begin(struct strings_json_variables *variables, struct text *json, const char *prefix,
                        size_t most);
void strings_json_feed(struct strings_json_variables *variables, const char *piece, size_t length);

/* Returns whether these are all. */
bool strings_json_end(struct strings_json_variables *variables);

#endif
