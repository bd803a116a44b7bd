/* SPDX-License-Identifier: MIT */
/* See patterns.h. A pattern with a slash gets the directory in front, whose own bytes stand for themselves.
 */
#include "options/patterns.h"

#include <string.h>

#include "base/glob.h"

static bool put(struct patterns *patterns, char byte)
{
    if (patterns->used == PATTERNS_SIZE)
        return false;
    patterns->bytes[patterns->used++] = byte;
    return true;
}

/* As a pattern that stands for it alone. */
static bool put_directory(struct patterns *patterns, const char *directory)
{
    for (; *directory != '\0'; directory++) {
        if (strchr("*?[\\", *directory) != NULL && !put(patterns, '\\'))
            return false;
        if (!put(patterns, *directory))
            return false;
    }
    return put(patterns, '/');
}

/* A backslash takes the colon's meaning, too. */
static size_t length_of(const char *value)
{
    size_t length = 0;

    while (value[length] != '\0' && value[length] != ':')
        length += value[length] == '\\' && value[length + 1] != '\0' ? 2 : 1;
    return length;
}

static bool add(struct patterns *patterns, const char *text, size_t length, const char *directory)
{
    char *start = patterns->bytes + patterns->used;
    const bool is_whole = memchr(text, '/', length) != NULL;

    if (length == 0 || patterns->count == PATTERNS_MAX)
        return false;
    if (is_whole && *text != '/' && !put_directory(patterns, directory))
        return false;
    for (size_t i = 0; i < length; i++)
        if (!put(patterns, text[i]))
            return false;
    if (!put(patterns, '\0') || !glob_is_valid(start))
        return false;
    if (is_whole)
        patterns_clean(start);
    patterns->list[patterns->count++] = start;
    return *start != '\0';
}

bool patterns_parse(struct patterns *patterns, const char *value, const char *directory)
{
    patterns->count = patterns->used = 0;
    for (;;) {
        size_t length = length_of(value);

        if (!add(patterns, value, length, directory))
            return false;
        if (value[length] == '\0')
            return true;
        value += length + 1;
    }
}

bool patterns_match(const struct patterns *patterns, size_t place, const char *name)
{
    const char *pattern = patterns->list[place], *base = strrchr(name, '/');

    return glob_matches(pattern, *pattern == '/' || base == NULL ? name : base + 1);
}

bool patterns_name(const struct patterns *patterns, size_t place, const char *directory, char *name,
                   size_t size)
{
    const char *pattern = patterns->list[place];
    size_t length = *pattern == '/' ? 0 : strlen(directory);

    if (!glob_is_literal(pattern) || length + strlen(pattern) + 2 > size)
        return false;
    memcpy(name, directory, length);
    if (length > 0)
        name[length++] = '/';
    for (; *pattern != '\0'; pattern++)
        name[length++] = *pattern == '\\' ? *++pattern : *pattern;
    name[length] = '\0';
    return true;
}

void patterns_clean(char *name)
{
    char *to = name;

    for (const char *from = name; *from != '\0'; from++) {
        while (from[0] == '/' && (from[1] == '/' || (from[1] == '.' && (from[2] == '/' || from[2] == '\0'))))
            from += from[1] == '/' ? 1 : 2;
        if (*from == '\0')
            break;
        *to++ = *from;
    }
    if (to > name + 1 && to[-1] == '/')
        to--;
    *to = '\0';
}
