/* SPDX-License-Identifier: MIT */
/* See search_path.h. */
#include "search_path.h"

#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

bool search_path_has(const char *name)
{
    char path[PATH_MAX];
    const char *search = getenv("PATH");

    while (search != NULL && *search != '\0') {
        size_t length = strcspn(search, ":");
        const char *directory = length > 0 ? search : ".";
        snprintf(path, sizeof path, "%.*s/%s", length > 0 ? (int)length : 1, directory, name);
        if (access(path, X_OK) == 0)
            return true;
        search += length;
        search += *search == ':';
    }
    return false;
}
