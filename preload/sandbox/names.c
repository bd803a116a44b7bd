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
    const struct name *name = find(names, path, hash_of(path));

    return name != NULL && name->kind != NAME_NOTHING ? name : NULL;
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
    names->has_elsewhere = names->has_elsewhere || changed.kind == NAME_ELSEWHERE;
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

static bool is_something(const struct name *name)
{
    return name->kind != NAME_GONE && name->kind != NAME_NOTHING;
}

bool names_has_below(const struct names *names, const char *directory)
{
    for (size_t i = 0; i < names->count; i++)
        if (is_something(entry_at(names, i)) && is_below(entry_at(names, i)->path, directory))
            return true;
    return false;
}

/* `from` and what is behind `length` bytes of the path. Returns whether it fits. */
static bool join(char *to, const char *from, const char *path, size_t length)
{
    size_t first = strlen(from), rest = strlen(path + length);

    if (first + rest >= PATH_MAX)
        return false;
    memcpy(to, from, first);
    memcpy(to + first, path + length, rest + 1);
    return true;
}

int names_move_below(struct names *names, const char *from, const char *to)
{
    const size_t count = names->count;
    static char path[PATH_MAX];

    for (size_t i = 0; i < count; i++) {
        struct name *entry = entry_at(names, i);

        if (entry->kind == NAME_NOTHING || !is_below(entry->path, from))
            continue;
        if (!join(path, to, entry->path, strlen(from)))
            return -ENOSPC;
        int r = names_set(names, path, entry);
        if (r < 0)
            return r;
        entry->kind = NAME_NOTHING;
    }
    return 0;
}

void names_forget_below(struct names *names, const char *directory)
{
    for (size_t i = 0; i < names->count; i++)
        if (is_below(entry_at(names, i)->path, directory))
            entry_at(names, i)->kind = NAME_NOTHING;
}

/* The nearest name on the way there decides. */
bool names_elsewhere(const struct names *names, const char *path, char *real)
{
    static char part[PATH_MAX];
    const struct name *name = NULL;
    size_t length = strlen(path);

    join(real, path, "", 0);
    if (!names->has_elsewhere || length >= sizeof part)
        return false;
    memcpy(part, path, length + 1);
    while (length > 0 && (name = names_find(names, part)) == NULL) {
        while (length > 0 && part[length] != '/')
            length--;
        part[length] = '\0';
    }
    return name != NULL && name->kind == NAME_ELSEWHERE && join(real, name->link, path, length);
}

bool names_seen_as(const struct names *names, const char *real, char *path)
{
    const struct name *best = NULL;
    size_t length = 0;

    join(path, real, "", 0);
    for (size_t i = 0; names->has_elsewhere && i < names->count; i++) {
        const struct name *name = entry_at(names, i);

        if (name->kind != NAME_ELSEWHERE || strlen(name->link) <= length || !names_is_in(real, name->link))
            continue;
        best = name;
        length = strlen(name->link);
    }
    return best != NULL && join(path, best->path, real, length);
}
