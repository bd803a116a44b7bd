/* SPDX-License-Identifier: MIT */
/* LIGHTSSS_SCOPE and LIGHTSSS_DEPTH against the names that the models declare: which of those are meant, and
 * what is nearest to one that is not there. Pure logic. */
#ifndef LIGHTSSS_PRELOAD_REPLAY_SCOPE_NAMES_H
#define LIGHTSSS_PRELOAD_REPLAY_SCOPE_NAMES_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/text.h"
#include "options/options.h"

#define SCOPE_NAMES_FOUND 256u   /* declared ones */
#define SCOPE_NAMES_POOL  32768u /* bytes of them */
#define SCOPE_NAMES_SHOWN 56u    /* bytes of the nearest in a line; of a longer one the end is shown */

/* A name of LIGHTSSS_SCOPE. */
struct scope_name {
    const char *text;
    size_t length;
    bool is_whole;     /* it is declared as it stands; else perhaps without the part in front, "TOP" */
    bool has_dot;      /* Verilator takes a dot inside a part for the end of it */
    uint64_t found;    /* signals of it ... */
    uint64_t signals;  /* ... and those that are near enough */
    unsigned distance; /* to what is nearest, once that was looked for */
    char nearest[SCOPE_NAMES_SHOWN + 1];
};

/* The same as it is declared. */
struct scope_found {
    uint32_t name; /* index */
    uint32_t at, length;
    bool is_whole;
};

struct scope_names {
    unsigned levels; /* 0: all */
    size_t count;    /* 0: every model from its top */
    size_t found_count;
    size_t pool_length;
    bool is_crowded;
    bool
        is_rootless; /* the models have no name: their signals are below $rootio, and their parts beside it */
    bool seeks;      /* what is nearest to those that are missing */
    struct scope_name names[OPTIONS_SCOPES_MAX];
    struct scope_found found[SCOPE_NAMES_FOUND];
    char pool[SCOPE_NAMES_POOL];
};

/* value: of LIGHTSSS_SCOPE, which must stay; or NULL. */
void scope_names_begin(struct scope_names *names, const char *value, unsigned levels);

/* A signal is declared: "TOP core clk"; a part may end in bytes above 127. */
void scope_names_see(struct scope_names *names, const char *declared, size_t length);

/* Once all were seen: is one missing, so that all should be seen again, for what is nearest? */
bool scope_names_again(struct scope_names *names);

/* What is meant, by index from 0, as it is declared, and how many levels of it, 0 for all. False: no more. */
bool scope_names_chosen(const struct scope_names *names, size_t index, char *declared, size_t size,
                        unsigned *levels);

/* What is wrong with a name, by index from 0: nothing is chosen then. False: nothing is. */
bool scope_names_problem(const struct scope_names *names, size_t index, struct text *line);

/* A declared name as users write it: "TOP.core.clk". */
void scope_names_show(struct text *text, const char *declared, size_t length);

#endif
