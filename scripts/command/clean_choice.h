/* SPDX-License-Identifier: MIT */
/* Which run directories go. Pure logic. */
#ifndef LIGHTSSS_SCRIPTS_COMMAND_CLEAN_CHOICE_H
#define LIGHTSSS_SCRIPTS_COMMAND_CLEAN_CHOICE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct clean_choice {
    int64_t time_s; /* of the run */
    bool goes;      /* the answer */
};

/* "7d", "2w", or a time as the library's options have it ("12h"). */
bool clean_choice_parse_age(const char *string, uint64_t *age_s);

/* The newest `keep` stay, and those that are not older than so many seconds. */
void clean_choice_make(struct clean_choice *list, size_t count, int64_t now_s, uint64_t older_s,
                       uint64_t keep);

#endif
