/* SPDX-License-Identifier: MIT */
/* See json_print.h. */
#include "json_print.h"

#include <stdlib.h>
#include <string.h>

#include "base/text.h"

#define ESCAPED 6u /* bytes that one takes at most */
#define QUOTES  3u /* and the NUL */

void json_print_bytes(FILE *out, const char *bytes, size_t length)
{
    size_t size = length * ESCAPED + QUOTES;
    char *buffer = malloc(size);

    if (buffer == NULL) {
        fputs("null", out);
        return;
    }
    struct text text = text_in(buffer, size);
    text_json(&text, bytes, length);
    fputs(buffer, out);
    free(buffer);
}

void json_print_string(FILE *out, const char *string)
{
    if (string == NULL)
        fputs("null", out);
    else
        json_print_bytes(out, string, strlen(string));
}
