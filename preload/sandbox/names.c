/* SPDX-License-Identifier: MIT */
/* A list that only grows: see names.h. A replay is short, and few names are enough for it. */
#define _GNU_SOURCE
#include "sandbox/names.h"

#include <errno.h>
#include <limits.h>
#include <string.h>

bool names_is_in(const char *path, const char *directory)
{
    size_t length = strlen(directory);

    return strncmp(path, directory, length) == 0 &&
           (path[length] == '\0' || path[length] == '/' || (length > 0 && path[length - 1] == '/'));
}

const struct name *names_find(const struct names *names, const char *path)
{
    for (size_t i = 0; i < names->count; i++)
        if (strcmp(names->entry[i].path, path) == 0)
            return &names->entry[i];
    return NULL;
}

/* NULL: the pool is full. */
static const char *put_in_pool(struct names *names, const char *text)
{
    size_t size = strlen(text) + 1;

    if (size > NAMES_POOL - names->used)
        return NULL;
    char *kept = memcpy(names->pool + names->used, text, size);
    names->used += size;
    return kept;
}

int names_set(struct names *names, const char *path, const struct name *what)
{
    struct name *entry = (struct name *)names_find(names, path);
    struct name changed = *what;

    changed.path = entry != NULL ? entry->path : put_in_pool(names, path);
    if (what->link != NULL)
        changed.link = put_in_pool(names, what->link);
    if (changed.path == NULL || (what->link != NULL && changed.link == NULL))
        return -ENOSPC;
    if (entry == NULL && names->count == NAMES_MAX)
        return -ENOSPC;
    if (entry == NULL)
        entry = &names->entry[names->count++];
    *entry = changed;
    return 0;
}

static bool is_below(const char *path, const char *directory)
{
    return names_is_in(path, directory) && strcmp(path, directory) != 0;
}

bool names_has_below(const struct names *names, const char *directory)
{
    for (size_t i = 0; i < names->count; i++)
        if (names->entry[i].kind != NAME_GONE && is_below(names->entry[i].path, directory))
            return true;
    return false;
}

int names_move_below(struct names *names, const char *from, const char *to)
{
    const struct name gone = {.kind = NAME_GONE};
    size_t count = names->count, from_length = strlen(from), to_length = strlen(to);
    static char path[PATH_MAX];

    for (size_t i = 0; i < count; i++) {
        const struct name entry = names->entry[i];

        if (entry.kind == NAME_GONE || !is_below(entry.path, from))
            continue;
        if (to_length + strlen(entry.path + from_length) >= sizeof path)
            return -ENOSPC;
        memcpy(path, to, to_length);
        memcpy(path + to_length, entry.path + from_length, strlen(entry.path + from_length) + 1);
        int r = names_set(names, path, &entry);
        if (r == 0)
            r = names_set(names, entry.path, &gone);
        if (r < 0)
            return r;
    }
    return 0;
}
