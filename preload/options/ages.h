/* SPDX-License-Identifier: MIT */
/* The value of LIGHTSSS_AGES: how old the snapshots are to be that stay beside the newest, `10s,100s,first`.
 * Pure logic. */
#ifndef LIGHTSSS_PRELOAD_OPTIONS_AGES_H
#define LIGHTSSS_PRELOAD_OPTIONS_AGES_H

#include <stdbool.h>
#include <stdint.h>

#define AGES_MAX       8u
#define AGES_SNAPSHOTS 64u /* of all kinds */

/* One of the two, the other is 0. */
struct age {
    uint64_t ns;
    uint64_t evals;
};

struct ages {
    struct age list[AGES_MAX];
    unsigned count;
    bool first; /* that of the first eval stays, too */
};

/* Reads the whole string; "": none. False when it is something else, or too many of them; *ages is left alone
 * then. */
bool ages_parse(const char *string, struct ages *ages);

bool ages_are_asked(const struct ages *ages);

/* Two snapshots are kept for each, and one for the first. Beside them so many of the newest have room, where
 * so many are asked for. */
unsigned ages_newest(const struct ages *ages, uint64_t asked);

#endif
