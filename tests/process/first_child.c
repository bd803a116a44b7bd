/* SPDX-License-Identifier: MIT */
/* See first_child.h. */
#define _GNU_SOURCE
#include "first_child.h"

#include <stdio.h>
#include <stdlib.h>

pid_t first_child(pid_t pid, bool (*is_wanted)(pid_t child))
{
    char path[64], list[4096] = "";

    snprintf(path, sizeof path, "/proc/%d/task/%d/children", pid, pid);
    FILE *file = fopen(path, "re");
    if (file == NULL)
        return 0;
    const char *read = fgets(list, sizeof list, file);
    fclose(file);
    if (read == NULL)
        return 0;
    for (char *next = list, *end; *next != '\0'; next = end) {
        pid_t child = (pid_t)strtol(next, &end, 10);
        if (child == 0 || is_wanted == NULL || is_wanted(child))
            return child;
    }
    return 0;
}
