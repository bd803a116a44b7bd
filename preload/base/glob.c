/* SPDX-License-Identifier: MIT */
/* See glob.h. Where a star was too short, it takes a byte more and all behind it is tried again; only the
 * last star needs that. */
#include "base/glob.h"

#include <stddef.h>

/* Behind the set that begins at this bracket; NULL: it is not closed. A ] at its begin is one of it. */
static const char *set_end(const char *set)
{
    const char *at = set + 1;

    if (*at == '!' || *at == '^')
        at++;
    if (*at == ']')
        at++;
    while (*at != ']' && *at != '\0')
        at++;
    return *at == ']' ? at + 1 : NULL;
}

static bool is_in_set(const char *set, unsigned char byte)
{
    const char *end = set_end(set) - 1, *at = set + 1;
    const bool is_negated = *at == '!' || *at == '^';
    bool is_there = false;

    for (at += is_negated; at < end; at++) {
        unsigned char low = (unsigned char)*at, high = low;

        if (at[1] == '-' && at + 2 < end) {
            high = (unsigned char)at[2];
            at += 2;
        }
        is_there = is_there || (low <= byte && byte <= high);
    }
    return is_there != is_negated;
}

bool glob_is_valid(const char *pattern)
{
    while (pattern != NULL && *pattern != '\0') {
        if (*pattern == '\\')
            pattern = pattern[1] != '\0' ? pattern + 2 : NULL;
        else
            pattern = *pattern == '[' ? set_end(pattern) : pattern + 1;
    }
    return pattern != NULL;
}

bool glob_is_literal(const char *pattern)
{
    for (; *pattern != '\0'; pattern++) {
        if (*pattern == '*' || *pattern == '?' || *pattern == '[')
            return false;
        if (*pattern == '\\')
            pattern++;
    }
    return true;
}

/* Behind the part of the pattern that stands for this byte; NULL: it does not. */
static const char *behind(const char *pattern, char byte)
{
    switch (*pattern) {
    case '?':
        return byte != '/' ? pattern + 1 : NULL;
    case '[':
        return byte != '/' && is_in_set(pattern, (unsigned char)byte) ? set_end(pattern) : NULL;
    case '\\':
        return pattern[1] == byte ? pattern + 2 : NULL;
    default:
        return *pattern == byte ? pattern + 1 : NULL;
    }
}

bool glob_matches(const char *pattern, const char *text)
{
    const char *star = NULL, *again = NULL;

    while (*text != '\0' || *pattern != '\0') {
        const char *next = NULL;

        if (*pattern == '*') {
            star = ++pattern;
            again = text;
            continue;
        }
        if (*text != '\0' && *pattern != '\0' && (next = behind(pattern, *text)) != NULL) {
            pattern = next;
            text++;
            continue;
        }
        if (star == NULL || *again == '\0' || *again == '/')
            return false;
        pattern = star;
        text = ++again;
    }
    return true;
}
