/* SPDX-License-Identifier: MIT */
/* Finds the run directories below a folder, at any depth. Links are not followed. */
#ifndef LIGHTSSS_SCRIPTS_COMMAND_RUN_SEARCH_H
#define LIGHTSSS_SCRIPTS_COMMAND_RUN_SEARCH_H

#include <stdbool.h>
#include <stddef.h>

#include "run_folder.h"

/* Begins as zeros. */
struct run_search {
    struct run_found {
        char *path;
        struct run_folder folder;
    } * list;
    size_t count;
};

/* Adds those below that folder, or that folder where it is one itself. What may not be looked into is said,
 * and makes the result false; so is that there is no such folder, unless that is allowed. */
bool run_search_below(struct run_search *search, const char *folder, bool may_be_missing);

void run_search_free(struct run_search *search);

#endif
