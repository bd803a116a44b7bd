/* SPDX-License-Identifier: MIT */
/* See place_walk.h. */
#define _GNU_SOURCE
#include "sandbox/place_walk.h"

#include <errno.h>
#include <string.h>

#include "base/text.h"
#include "sandbox/names.h"

#define LINKS_MAX   40
#define NUMBERS_MAX 100000000

/* The next part of the rest. Returns its length; 0: there is none. */
static size_t next_part(const char *rest, const char **part)
{
    *part = rest + strspn(rest, "/");
    return strcspn(*part, "/");
}

static bool is_part(const char *part, size_t length, const char *text)
{
    return length == strlen(text) && memcmp(part, text, length) == 0;
}

static void step_back(char *path)
{
    char *slash = strrchr(path, '/');

    if (slash != NULL)
        *slash = '\0';
}

static int append(char *path, const char *part, size_t length)
{
    size_t at = strlen(path);

    if (length > NAME_MAX || at + length + 2 > PATH_MAX)
        return -ENAMETOOLONG;
    path[at] = '/';
    memcpy(path + at + 1, part, length);
    path[at + 1 + length] = '\0';
    return 0;
}

static int put_in_front(char *rest, const char *text)
{
    size_t length = strlen(text), behind = strlen(rest);

    if (length + 1 + behind >= PATH_MAX)
        return -ENAMETOOLONG;
    memmove(rest + length + 1, rest, behind + 1);
    memcpy(rest, text, length);
    rest[length] = behind == 0 ? '\0' : '/';
    return 0;
}

/* From the root, where it is /proc that it begins in: so that this is met on the way. */
static int begin(struct place_walk *walk)
{
    bool is_relative = *walk->rest != '/';
    int r = is_relative && names_is_in(walk->path, "/proc") ? put_in_front(walk->rest, walk->path) : 0;

    if (!is_relative || *walk->rest == '/' || strcmp(walk->path, "/") == 0)
        *walk->path = '\0';
    return r;
}

static int follow_link(struct place_walk *walk)
{
    static char text[PATH_MAX];
    long length = ++walk->links > LINKS_MAX ? -ELOOP : walk->read_link(walk->context, text);

    if (length < 0)
        return (int)length;
    if (*text == '/')
        *walk->path = '\0';
    else
        step_back(walk->path);
    return put_in_front(walk->rest, text);
}

/* The path has become one part longer. */
static int arrive(struct place_walk *walk, int *found)
{
    const char *part;
    bool is_last = next_part(walk->rest, &part) == 0;

    *found = walk->look(walk->context, true);
    if (*found == PLACE_WALK_LINK && (!is_last || walk->follow || walk->is_directory_name)) {
        int r = follow_link(walk);
        if (r == 0)
            *found = walk->look(walk->context, false);
        return r;
    }
    if (is_last || *found == PLACE_WALK_DIRECTORY)
        return 0;
    return *found < 0 ? *found : -ENOTDIR;
}

static int step(struct place_walk *walk, const char *part, size_t length, int *found)
{
    bool is_here = is_part(part, length, "."), is_up = is_part(part, length, "..");
    int r = is_here || is_up ? 0 : append(walk->path, part, length);

    memmove(walk->rest, part + length, strlen(part + length) + 1);
    if (is_here || r < 0)
        return r;
    if (is_up) {
        step_back(walk->path);
        *found = walk->look(walk->context, false);
        return 0;
    }
    return strcmp(walk->path, "/proc") == 0 ? PLACE_WALK_PROC : arrive(walk, found);
}

int place_walk(struct place_walk *walk)
{
    const char *part;
    size_t length;
    int r = begin(walk), found = walk->look(walk->context, false);

    walk->links = 0;
    while (r == 0 && (length = next_part(walk->rest, &part)) > 0)
        r = step(walk, part, length, &found);
    if (r != 0)
        return r;
    if (found < 0)
        return found == -ENOENT ? 0 : found;
    return walk->is_directory_name && found != PLACE_WALK_DIRECTORY ? -ENOTDIR : 0;
}

int place_walk_proc(char path[PATH_MAX], const char *rest, int original_pid)
{
    char number[16];
    const char *part;
    size_t length = next_part(rest, &part);

    text_print(number, sizeof number, "%d", original_pid);
    bool is_original = is_part(part, length, number);
    struct text to = text_in(path, PATH_MAX);
    text_format(&to, "/proc%s%s", length > 0 ? "/" : "", is_original ? "self" : "");
    part += is_original ? length : 0;
    text_append(&to, part, strlen(part));
    return to.cut ? -ENAMETOOLONG : 0;
}

int place_walk_number(const char *path, const char *before, const char *behind)
{
    size_t length = strlen(before);
    int number = 0;

    if (strncmp(path, before, length) != 0)
        return -1;
    for (path += length; *path >= '0' && *path <= '9' && number < NUMBERS_MAX; path++)
        number = number * 10 + (*path - '0');
    return strcmp(path, behind) == 0 ? number : -1;
}

const char *place_walk_behind(const char *path, const char *directory)
{
    size_t length = strlen(directory);

    return names_is_in(path, directory) && path[length] == '/' ? path + length + 1 : NULL;
}
