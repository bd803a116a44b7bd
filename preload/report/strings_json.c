/* SPDX-License-Identifier: MIT */
/* See strings_json.h. What turns out to be too long is taken back. */
#define _GNU_SOURCE
#include "report/strings_json.h"

#include <string.h>

static bool has_room(const struct text *json, size_t begin, size_t most)
{
    return !json->cut && json->length - begin <= most;
}

static void take_back(struct text *json, size_t length)
{
    json->length = length;
    json->bytes[length] = '\0';
    json->cut = false;
}

bool strings_json_one(struct text *json, const char *string, size_t length, size_t most)
{
    const size_t begin = json->length;

    text_json(json, string, length);
    if (has_room(json, begin, most))
        return true;
    take_back(json, begin);
    text_json(json, NULL, 0);
    return false;
}

bool strings_json_list(struct text *json, const char *strings, size_t length, size_t most)
{
    const size_t begin = json->length;

    text_format(json, "[");
    for (size_t at = 0, size; at < length; at += size + 1) {
        const size_t before = json->length;
        size = strnlen(strings + at, length - at);
        text_format(json, "%s", at == 0 ? "" : ", ");
        text_json(json, strings + at, size);
        if (!has_room(json, begin, most) || at + size == length) {
            take_back(json, before);
            text_format(json, "]");
            return false;
        }
    }
    text_format(json, "]");
    return true;
}

void strings_json_begin(struct strings_json_variables *variables, struct text *json, const char *prefix,
                        size_t most)
{
    variables->json = json;
    variables->begin = json->length;
    variables->most = most;
    variables->prefix = prefix;
    variables->length = 0;
    variables->any = false;
    variables->is_whole = true;
    text_format(json, "{");
}

/* One whose end did not fit is left out. */
static void end_entry(struct strings_json_variables *variables)
{
    struct text *json = variables->json;
    const size_t before = json->length;
    const char *equals = memchr(variables->entry, '=', variables->length);

    if (equals == NULL || strncmp(variables->entry, variables->prefix, strlen(variables->prefix)) != 0)
        return;
    size_t name = (size_t)(equals - variables->entry);
    text_format(json, "%s", variables->any ? ", " : " ");
    text_json(json, variables->entry, name);
    text_format(json, ": ");
    text_json(json, equals + 1, variables->length - name - 1);
    if (variables->length < sizeof variables->entry && has_room(json, variables->begin, variables->most)) {
        variables->any = true;
        return;
    }
    take_back(json, before);
    variables->is_whole = false;
}

void strings_json_feed(struct strings_json_variables *variables, const char *piece, size_t length)
{
    for (size_t i = 0; i < length; i++) {
        if (variables->length < sizeof variables->entry)
            variables->entry[variables->length] = piece[i];
        if (piece[i] == '\0') {
            end_entry(variables);
            variables->length = 0;
        } else if (variables->length < sizeof variables->entry) {
            variables->length++;
        }
    }
}

bool strings_json_end(struct strings_json_variables *variables)
{
    text_format(variables->json, "%s", variables->any ? " }" : "}");
    return variables->is_whole;
}
