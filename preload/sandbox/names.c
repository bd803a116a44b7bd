/* SPDX-License-Identifier: MIT */
/* A list that only grows: see names.h. A replay is short, and mostly few names are enough for it; where there
 * are thousands, a look at each one's hash is. */
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

void names_start(struct names *names, void *(*more)(size_t size))
{
    *names = (struct names){.more = more};
}

static struct name *entry_at(const struct names *names, size_t place)
{
    return &names->chunk[place / NAMES_CHUNK][place % NAMES_CHUNK];
}

const struct name *names_at(const struct names *names, size_t place)
{
    return entry_at(names, place);
}

/* FNV-1a. */
static uint32_t hash_of(const char *path)
{
    uint32_t hash = 2166136261u;

    for (; *path != '\0'; path++)
        hash = (hash ^ (unsigned char)*path) * 16777619u;
    return hash;
}

static struct name *find(const struct names *names, const char *path, uint32_t hash)
{
    for (size_t i = 0; i < names->count; i++) {
        struct name *entry = entry_at(names, i);
        if (entry->hash == hash && strcmp(entry->path, path) == 0)
            return entry;
    }
    return NULL;
}

const struct name *names_find(const struct names *names, const char *path)
{
    return find(names, path, hash_of(path));
}

static bool make_entry(struct names *names)
{
    size_t chunk = names->count / NAMES_CHUNK;

    if (chunk == NAMES_CHUNKS)
        return false;
    if (names->chunk[chunk] == NULL)
        names->chunk[chunk] = names->more(NAMES_CHUNK * sizeof(struct name));
    return names->chunk[chunk] != NULL;
}

/* A text is no longer than a path may be. NULL: there is no memory for it. */
static const char *put_in_pool(struct names *names, const char *text)
{
    size_t size = strlen(text) + 1;

    if (size > NAMES_POOL)
        return NULL;
    if (size > names->left) {
        char *pool = names->more(NAMES_POOL);
        if (pool == NULL)
            return NULL;
        names->pool = pool;
        names->left = NAMES_POOL;
    }
    names->left -= size;
    return memcpy(names->pool + names->left, text, size);
}

int names_set(struct names *names, const char *path, const struct name *what)
{
    const uint32_t hash = hash_of(path);
    struct name *entry = find(names, path, hash);
    struct name changed = *what;

    if (entry == NULL && !make_entry(names))
        return -ENOSPC;
    changed.hash = hash;
    changed.path = entry != NULL ? entry->path : put_in_pool(names, path);
    if (what->link != NULL)
        changed.link = put_in_pool(names, what->link);
    if (changed.path == NULL || (what->link != NULL && changed.link == NULL))
        return -ENOSPC;
    if (entry == NULL)
        entry = entry_at(names, names->count++);
    *entry = changed;
    return 0;
}

int names_links(const struct names *names, int fd)
{
    int links = 0;

    for (size_t i = 0; i < names->count; i++) {
        const struct name *entry = entry_at(names, i);
        if (entry->fd == fd && (entry->kind == NAME_FILE || entry->kind == NAME_GONE))
            links += entry->kind == NAME_FILE ? 1 : -1;
    }
    return links;
}

static bool is_below(const char *path, const char *directory)
{
    return names_is_in(path, directory) && strcmp(path, directory) != 0;
}

bool names_has_below(const struct names *names, const char *directory)
{
    for (size_t i = 0; i < names->count; i++)
        if (entry_at(names, i)->kind != NAME_GONE && is_below(entry_at(names, i)->path, directory))
            return true;
    return false;
}

int names_move_below(struct names *names, const char *from, const char *to)
{
    const struct name gone = {.kind = NAME_GONE};
    size_t count = names->count, from_length = strlen(from), to_length = strlen(to);
    static char path[PATH_MAX];

    for (size_t i = 0; i < count; i++) {
        const struct name entry = *entry_at(names, i);

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
