/* SPDX-License-Identifier: MIT */
/* See literals.h. A word is letters that follow each other and mean themselves; what stands in groups, and
 * what may be repeated or left out, is none. Where in doubt there is no word. */
#define _GNU_SOURCE
#include "base/literals.h"

#include <string.h>

#define LEAST 3u /* shorter ones are too common */

struct reader {
    const char *at;
    unsigned depth;   /* of groups */
    const char *word; /* that is being read */
    size_t size;
    const char *best; /* of this alternative */
    size_t best_size;
};

/* Behind a set; NULL: it is not closed. Classes in it have brackets of their own. */
static const char *set_end(const char *at)
{
    at += at[1] == '^' ? 2 : 1;
    if (*at == ']')
        at++;
    for (; *at != ']'; at++) {
        if (*at == '\0')
            return NULL;
        if (*at == '[' && at[1] != '\0' && strchr(":.=", at[1]) != NULL) {
            const char end[] = {at[1], ']', '\0'};
            at = strstr(at + 2, end);
            if (at == NULL)
                return NULL;
            at++;
        }
    }
    return at;
}

static void end_word(struct reader *reader)
{
    if (reader->size > reader->best_size) {
        reader->best = reader->word;
        reader->best_size = reader->size;
    }
    reader->size = 0;
}

static bool means_itself(char letter)
{
    return letter >= ' ' && letter <= '~' && strchr("\\[](){}*+?|^$.", letter) == NULL;
}

static void read_letter(struct reader *reader)
{
    const char next = reader->at[1];

    if (next != '\0' && strchr("*+?{", next) != NULL) {
        end_word(reader);
        return;
    }
    if (reader->size++ == 0)
        reader->word = reader->at;
}

/* Returns whether it is understood. */
static bool read_sign(struct reader *reader)
{
    end_word(reader);
    switch (*reader->at) {
    case '\\':
        reader->at++;
        return *reader->at != '\0';
    case '[':
        reader->at = set_end(reader->at);
        return reader->at != NULL;
    case '(':
        reader->depth++;
        return true;
    case ')':
        return reader->depth-- > 0;
    default:
        return true;
    }
}

static bool add(struct literals *literals, struct reader *reader)
{
    end_word(reader);
    if (reader->best_size < LEAST || literals->count == LITERALS_MAX ||
        reader->best_size > LITERALS_SIZE - literals->used)
        return false;
    literals->list[literals->count++] = (struct literal){literals->used, reader->best_size};
    memcpy(literals->bytes + literals->used, reader->best, reader->best_size);
    literals->used += reader->best_size;
    reader->best_size = 0;
    return true;
}

static bool read_all(struct literals *literals, struct reader *reader)
{
    for (; *reader->at != '\0'; reader->at++) {
        if (*reader->at == '|' && reader->depth == 0) {
            if (!add(literals, reader))
                return false;
        } else if (reader->depth == 0 && means_itself(*reader->at)) {
            read_letter(reader);
        } else if (!read_sign(reader)) {
            return false;
        }
    }
    return reader->depth == 0 && add(literals, reader);
}

void literals_find(struct literals *literals, const char *expression)
{
    struct reader reader = {.at = expression};

    literals->count = literals->used = 0;
    if (!read_all(literals, &reader))
        literals->count = 0;
}

bool literals_allow(const struct literals *literals, const char *text, size_t size)
{
    for (size_t i = 0; i < literals->count; i++) {
        const struct literal *one = &literals->list[i];

        if (memmem(text, size, literals->bytes + one->start, one->size) != NULL)
            return true;
    }
    return literals->count == 0;
}
