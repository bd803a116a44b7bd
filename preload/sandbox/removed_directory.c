/* SPDX-License-Identifier: MIT */
/* See removed_directory.h. A duplicate is not known: it is the root. */
#include "sandbox/removed_directory.h"

#include <stddef.h>

#include "base/fd_name.h"

#define NUMBERS_MAX 1024

static const char *paths[NUMBERS_MAX]; /* by descriptor */

void removed_directory_opened(int fd, const char *path)
{
    if (fd >= 0 && fd < NUMBERS_MAX)
        paths[fd] = path;
}

/* It may have been closed, and the number another file's since. */
const char *removed_directory_of(int fd)
{
    char name[4]; /* what is longer is cut */

    if (fd < 0 || fd >= NUMBERS_MAX || paths[fd] == NULL)
        return NULL;
    return fd_name_read(fd, name, sizeof name) == 1 && *name == '/' ? paths[fd] : NULL;
}
