/* SPDX-License-Identifier: MIT */
/* Which signal is meant: see signal_names.h. */
#include "signal_names.h"

#include <limits.h>
#include <stdio.h>
#include <string.h>

#include "options/parse.h"

/* The last star that was passed takes one more byte each time that what follows does not fit. */
static bool fits(const char *pattern, const char *text)
{
    const char *star = NULL, *resume = text;

    while (*text != '\0') {
        if (*pattern == '*') {
            star = pattern++;
            resume = text;
        } else if (*pattern == *text) {
            pattern++;
            text++;
        } else if (star != NULL && *resume != '.') {
            pattern = star + 1;
            text = ++resume;
        } else
            return false;
    }
    while (*pattern == '*')
        pattern++;
    return *pattern == '\0';
}

size_t signal_names_length(const char *name)
{
    size_t length = strlen(name), at = length;

    if (at == 0 || name[at - 1] != ']')
        return length;
    for (at--; at > 0 &&
               (name[at - 1] == ':' || name[at - 1] == '-' || (name[at - 1] >= '0' && name[at - 1] <= '9'));)
        at--;
    bool is_range = at > 0 && name[at - 1] == '[' && memchr(name + at, ':', length - at) != NULL;
    return is_range ? at - 1 : length;
}

/* Without the part in front; NULL: it has one part alone. */
static const char *behind_model(const char *name)
{
    const char *dot = strchr(name, '.');

    return dot != NULL ? dot + 1 : NULL;
}

static bool fits_either(const char *asked, const char *name)
{
    const char *behind = behind_model(name);

    return fits(asked, name) || (behind != NULL && fits(asked, behind));
}

/* Most names have no range in themselves, and most that are asked for have none: these are compared as they
 * stand. */
bool signal_names_match(const char *asked, const struct scan_signal *signal)
{
    char name[2 * SCAN_NAME_SIZE];
    size_t length = signal_names_length(signal->name), asked_length = strlen(asked);
    bool is_plain = signal->name[length] == '\0';

    if (is_plain && fits_either(asked, signal->name))
        return true;
    if (is_plain && (asked_length == 0 || asked[asked_length - 1] != ']'))
        return false;
    snprintf(name, sizeof name, "%s%s", signal->name, signal->range);
    if (fits_either(asked, name))
        return true;
    if (length < sizeof name)
        name[length] = '\0';
    return !is_plain && fits_either(asked, name);
}

/* Names of one model begin alike. */
static unsigned distance(const char *asked, const char *name)
{
    char ends[2][PARSE_NAME_MAX + 1];

    while (*asked != '\0' && *asked == *name) {
        asked++;
        name++;
    }
    size_t left = strlen(asked), right = strlen(name), more = left > right ? left - right : right - left;
    if (left > PARSE_NAME_MAX || right > PARSE_NAME_MAX)
        return (unsigned)(more > PARSE_NAME_MAX ? more : PARSE_NAME_MAX);
    snprintf(ends[0], sizeof ends[0], "%s", asked);
    snprintf(ends[1], sizeof ends[1], "%s", name);
    return parse_distance(ends[0], ends[1]);
}

unsigned signal_names_distance(const char *asked, const char *name)
{
    const char *behind = behind_model(name);
    unsigned whole = distance(asked, name), part = behind != NULL ? distance(asked, behind) : UINT_MAX;

    return whole < part ? whole : part;
}
