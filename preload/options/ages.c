/* SPDX-License-Identifier: MIT */
/* See ages.h. A word is copied before it is read: what reads times and counts wants them to end in NUL. */
#include "options/ages.h"

#include <string.h>

#include "base/u64.h"
#include "options/parse.h"

#define WORD_SIZE     48 /* the longest count with its unit is half of that */
#define PLACES_OF_AGE 2u

static bool read_age(const char *word, struct ages *ages)
{
    struct age age = {.ns = 0};

    if (!parse_evals(word, &age.evals) && !parse_time_ns(word, &age.ns))
        return false;
    if (ages->count == AGES_MAX)
        return false;
    ages->list[ages->count++] = age;
    return true;
}

static bool read_word(const char *start, size_t length, struct ages *ages)
{
    char word[WORD_SIZE];

    if (length >= sizeof word)
        return false;
    memcpy(word, start, length);
    word[length] = '\0';
    if (strcmp(word, "first") != 0)
        return read_age(word, ages);
    ages->first = true;
    return true;
}

bool ages_parse(const char *string, struct ages *ages)
{
    struct ages result = {.count = 0};

    while (*string != '\0') {
        size_t length = strcspn(string, ",");

        if (!read_word(string, length, &result))
            return false;
        string += length;
        if (*string == ',' && *++string == '\0')
            return false;
    }
    *ages = result;
    return true;
}

unsigned ages_newest(const struct ages *ages, uint64_t asked)
{
    unsigned places = PLACES_OF_AGE * ages->count + (ages->first ? 1 : 0);

    return (unsigned)u64_min(asked, AGES_SNAPSHOTS - places);
}

bool ages_are_asked(const struct ages *ages)
{
    return ages->first || ages->count > 0;
}
