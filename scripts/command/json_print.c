/* SPDX-License-Identifier: MIT */
/* See json_print.h. */
#include "json_print.h"

#include <stdlib.h>
#include <string.h>

#include "base/text.h"

#define ESCAPED 6u  /* bytes that one takes at most */
#define QUOTES  3u  /* and the NUL */
#define PERCENT 3u  /* bytes that one takes as %NN */
#define MORE    32u /* for what stands around a key */

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

char *json_print_more(const char *key, const char *string)
{
    size_t size = strlen(string) * PERCENT + strlen(key) + MORE;
    char *member = malloc(size);

    if (member == NULL)
        return NULL;
    struct text text = text_in(member, size);
    text_json_bytes(&text, key, string, strlen(string));
    return member;
}

/* Outside of strings JSON has ends of lines, and no other controls. */
void json_print_document(FILE *out, const char *json)
{
    size_t left = strlen(json);
    uint32_t number;

    for (size_t length; left > 0; json += length, left -= length) {
        length = text_character(json, left, &number);
        if (length == 0 || number == '\n' || !text_is_control(number))
            fwrite(json, length = length > 0 ? length : 1, 1, out);
        else {
            char escape[ESCAPED * 2 + QUOTES];
            struct text text = text_in(escape, sizeof escape);
            text_json(&text, json, length);
            fwrite(escape + 1, text.length - 2, 1, out); /* without its quotes */
        }
    }
}
